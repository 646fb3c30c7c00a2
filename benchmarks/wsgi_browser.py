"""A visitor without a network: speaks to a WSGI application as a web server does, keeps cookies."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

# The shop compares the token of a form with that of the cookie, and takes any of this form.
TOKEN = "benchmark" + 23 * "0"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Browser:
    def __init__(self, application: Any) -> None:
        self.application = application
        self.cookies = {"csrftoken": TOKEN}

    def get(self, path: str, **query: str) -> Answer:
        return self._ask("GET", path, urlencode(query), b"")

    def post(self, path: str, **fields: str) -> Answer:
        form = urlencode({"csrfmiddlewaretoken": TOKEN, **fields})
        return self._ask("POST", path, "", form.encode())

    def _ask(self, method: str, path: str, query: str, body: bytes) -> Answer:
        told: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "testserver",
            "HTTP_USER_AGENT": "benchmark",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        response = self.application(environ, lambda *arguments: told.extend(arguments))
        answered = b"".join(response)
        response.close()
        status, headers = told[0], told[1]
        for name, value in headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return Answer(int(status[:3]), headers, answered)

    def _keep(self, written: str) -> None:
        for morsel in SimpleCookie(written).values():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(morsel.key, None)
            else:
                self.cookies[morsel.key] = morsel.coded_value
