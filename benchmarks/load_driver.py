"""Visitors of a running shop: 80 of 100 browse, 15 search, 5 buy; needs nothing of the shop's code.

`python -m benchmarks.load_driver PORT SECONDS CONNECTIONS`, one JSON object on standard output.
Each connection is one visitor after another, who ask without pausing to read. Whoever buys walks
all steps: product, cart, address, delivery, payment, answer of the test provider, thanks.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

# The shop compares the token of a form with that of the cookie, and takes any of this form.
TOKEN = "benchmark" + 23 * "0"
SEARCHES = (
    ("en", "celadon teapot"),
    ("en", "floor lamp"),
    ("en", "cotton cushion"),
    ("zh-hans", "青瓷茶壶"),
    ("zh-hans", "落地灯"),
    ("zh-hans", "毛毯"),
)
ADDRESS = {
    "email": "buyer@example.org",
    "recipient": "王小明",
    "phone": "13800138000",
    "country": "CN",
    "region": "江西省",
    "city": "景德镇市",
    "line": "珠山区中山路1号",
    "postal_code": "333000",
}


class WrongAnswerError(Exception):
    """A page that does not hold what the next step needs."""


class Visitor:
    """kind: under which the times of its requests are counted."""

    def __init__(self, port: int, seed: int, until: float) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.rng = random.Random(seed)  # noqa: S311  # no secret
        self.until = until
        self.times: dict[str, list[float]] = {}
        self.statuses: dict[int, int] = {}
        self.paid = 0
        self.refused: list[str] = []
        self.cookies: dict[str, str] = {}
        self.address = ""
        self.products = 0

    def run(self, n_products: int) -> None:
        self.products = n_products
        while time.monotonic() < self.until:
            # Limits count by address, and each visitor comes from one of their own.
            self.address = "10." + ".".join(str(self.rng.randrange(1, 255)) for _ in range(3))
            self.cookies = {"csrftoken": TOKEN}
            kind = self.rng.choices(("browse", "search", "checkout"), (80, 15, 5))[0]
            try:
                {"browse": self.browse, "search": self.search, "checkout": self.check_out}[kind]()
            except WrongAnswerError as error:
                self.refused.append(str(error))

    def browse(self) -> None:
        language = self.rng.choice(("en", "zh-hans"))
        page = self.rng.choices(("home", "category", "product"), (10, 35, 55))[0]
        if page == "home":
            self.ask("browse", "GET", f"/{language}/")
        elif page == "category":
            self.ask("browse", "GET", f"/{language}/categories/thing-{self.rng.randrange(12)}/")
        else:
            self.ask("browse", "GET", f"/{language}/products/{self.slug()}/")

    def search(self) -> None:
        language, text = self.rng.choice(SEARCHES)
        self.ask("search", "GET", f"/{language}/search/?{urlencode({'q': text})}")

    def check_out(self) -> None:
        page = self.ask("checkout", "GET", f"/en/products/{self.slug()}/")
        sku = _found(r'name="sku"\s+value="(\d+)"', page)
        self.send("/en/cart/lines/add/", {"sku": sku, "quantity": "1"})
        self.ask("checkout", "GET", "/en/cart/")
        self.ask("checkout", "GET", "/en/checkout/address/")
        page = self.send("/en/checkout/address/", ADDRESS)
        method = _found(r'name="method"\s+value="(\w+)"', page)
        page = self.send("/en/checkout/delivery/", {"method": method})
        fields = {
            name: _found(rf'name="{name}" value="([^"]*)"', page) for name in ("key", "seen_total")
        }
        page = self.send("/en/checkout/payment/", {**fields, "provider": "test", "note": ""})
        answer = _found(r'action="([^"]+/payment/test/)"', page)
        self.send(answer, {"answer": "succeed"}, then="/thanks/")
        self.paid += 1

    def slug(self) -> str:
        return f"p{self.rng.randrange(self.products):06}"

    def send(self, path: str, fields: dict[str, str], then: str = "") -> str:
        """A form; returns the page that it led to."""
        form = urlencode({"csrfmiddlewaretoken": TOKEN, **fields})
        status, place, _page = self._request("checkout", "POST", path, form)
        if status != 302 or then not in place:
            raise WrongAnswerError(f"{path} answered {status} {place}")
        parts = urlsplit(place)
        return self.ask("checkout", "GET", parts.path + (f"?{parts.query}" if parts.query else ""))

    def ask(self, kind: str, method: str, path: str) -> str:
        status, place, page = self._request(kind, method, path)
        if status != 200 and not (kind == "browse" and status == 404):
            raise WrongAnswerError(f"{path} answered {status} {place}")
        return page

    def _request(
        self, kind: str, method: str, path: str, form: str | None = None
    ) -> tuple[int, str, str]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-For": self.address,
        }
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        try:
            self.connection.request(method, path, form, headers)
            answer = self.connection.getresponse()
            page = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.connection.close()
            self.statuses[0] = self.statuses.get(0, 0) + 1
            raise WrongAnswerError(f"{path}: {error!r}") from error
        self.times.setdefault(kind, []).append(time.perf_counter() - begun)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        for written in answer.headers.get_all("Set-Cookie", []):
            for morsel in SimpleCookie(written).values():
                self.cookies[morsel.key] = morsel.coded_value
        return answer.status, answer.headers.get("Location", ""), page.decode()


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    if found is None:
        raise WrongAnswerError(f"no {pattern} on the page")
    return found[1]


def _percentile(times: list[float], share: float) -> float:
    return round(1000 * sorted(times)[min(int(share * len(times)), len(times) - 1)], 1)


def main() -> None:
    port, seconds, n_connections, n_products = (int(argument) for argument in sys.argv[1:5])
    begun = time.monotonic()
    visitors = [Visitor(port, seed, begun + seconds) for seed in range(n_connections)]
    threads = [
        threading.Thread(target=visitor.run, args=(n_products,), daemon=True)
        for visitor in visitors
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 90)
    wall = time.monotonic() - begun
    answer: dict[str, object] = {"seconds": round(wall, 1)}
    statuses: dict[str, int] = {}
    n_requests = 0
    for kind in ("browse", "search", "checkout"):
        times = [each for visitor in visitors for each in visitor.times.get(kind, [])]
        n_requests += len(times)
        answer[f"{kind}_requests"] = len(times)
        answer[f"{kind}_requests_per_second"] = round(len(times) / wall, 1)
        if times:
            answer[f"{kind}_p50_ms"] = _percentile(times, 0.50)
            answer[f"{kind}_p95_ms"] = _percentile(times, 0.95)
    for visitor in visitors:
        for status, count in visitor.statuses.items():
            name = str(status) if status else "no answer"
            statuses[name] = statuses.get(name, 0) + count
    refused = [each for visitor in visitors for each in visitor.refused]
    answer |= {
        "requests_per_second": round(n_requests / wall, 1),
        "orders_paid": sum(visitor.paid for visitor in visitors),
        "statuses": statuses,
        "server_errors": sum(count for name, count in statuses.items() if name[0] in "5n"),
        "not_finished": len(refused),
        "why_not_finished": refused[:5],
    }
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
