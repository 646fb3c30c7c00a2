"""The address that the shop opens at: free before the start, answering after it."""

import errno
import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from ecomsite.running.language import _
from ecomsite.running.problems import StartError

HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def reachable_host(self) -> str:
        """A host to connect to, where the shop listens on every one."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # compared, not bound

    @property
    def url(self) -> str:
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def read_address(environment: Mapping[str, str]) -> Address:
    host = environment.get("HOST") or "127.0.0.1"
    text = environment.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT):
        raise StartError(
            _("PORT must be a number from 1 to %(highest)d, and is “%(port)s”.")
            % {"highest": HIGHEST_PORT, "port": text}
        )
    return Address(host=host.strip("[]"), port=int(text))


def check_free(address: Address) -> None:
    """Bind the address once, as the web server will."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen(1)
    except socket.gaierror:
        raise StartError(_not_here(address)) from None
    except OSError as error:
        raise StartError(_why_not(error, address)) from None


def _why_not(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return _(
            "Port %(port)d on %(host)s is in use by another program: stop that program, or choose "
            "another port with PORT=8001 make run."
        ) % {"port": address.port, "host": address.host}
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_here(address)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _("This user may not open port %(port)d: choose one above 1023 with PORT=8000.") % {
            "port": address.port
        }
    return _("The shop cannot listen on %(host)s, port %(port)d: %(reason)s.") % {
        "host": address.host,
        "port": address.port,
        "reason": error.strerror,
    }


def _not_here(address: Address) -> str:
    return _("HOST “%(host)s” is not an address of this machine.") % {"host": address.host}


def answers(address: Address) -> bool:
    """Whether the site's own process says that it is up."""
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
