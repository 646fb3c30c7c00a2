"""Pages of a running shop that report: batches of events on a few connections, as fast as it takes
them or at a given rate; needs nothing of the shop's code.

`python -m benchmarks.beacon_driver PORT SECONDS CONNECTIONS BATCH PRODUCTS RATE`, one JSON object
on standard output. RATE: events a second over all connections; 0 for as many as are accepted.
"""

import json
import random
import socket
import sys
import threading
import time
from typing import Any

KINDS = ("impression",) * 8 + ("click", "view")


class Reporter:
    """One connection, over which many visitors report one after the other."""

    def __init__(self, port: int, seed: int, batch: int, products: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rng = random.Random(seed)  # noqa: S311  # no secret
        self.batch, self.products = batch, products
        self.accepted = 0
        self.times: list[float] = []
        self.refused: dict[int, int] = {}

    def run(self, until: float, pause: float) -> None:
        next_at = time.monotonic() + self.rng.random() * pause
        while time.monotonic() < until:
            if pause:
                time.sleep(max(0.0, next_at - time.monotonic()))
                next_at += pause
            message = self.message()
            began = time.perf_counter()
            self.socket.sendall(message)
            status, body = self.answer()
            self.times.append(time.perf_counter() - began)
            if status == 202:
                self.accepted += int(json.loads(body)["accepted"])
            else:
                self.refused[status] = self.refused.get(status, 0) + 1

    def message(self) -> bytes:
        rng, now = self.rng, int(time.time() * 1000)
        events = [
            f'{{"id":"{rng.getrandbits(128):032x}","kind":"{KINDS[place % 10]}","at":{now - 900},'
            f'"product":{rng.randrange(1, self.products + 1)},"placement":"category.order",'
            f'"position":{place + 1},"source":"recommendations.item_neighbours:3"}}'
            for place in range(self.batch)
        ]
        body = (
            '{"page":{"kind":"category","referrer":"https://www.baidu.com/","query":""},'
            f'"sent":{now},"events":[{",".join(events)}]}}'
        )
        address = ".".join(str(rng.randrange(1, 255)) for _part in range(3))
        head = (
            "POST /api/interactions/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140\r\n"
            "Content-Type: application/json\r\nAccept-Language: en\r\n"
            f"Cookie: consent=-a; visitor={rng.getrandbits(128):032x}\r\n"
            f"X-Forwarded-For: 10.{address}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()

    def answer(self) -> tuple[int, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.more()
        head, _gap, body = received.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        while len(body) < length:
            body += self.more()
        return int(head.split()[1]), body

    def more(self) -> bytes:
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the shop closed the connection")
        return part


def drive(
    *, port: int, seconds: float, connections: int, batch: int, products: int, rate: float
) -> dict[str, Any]:
    reporters = [Reporter(port, seed, batch, products) for seed in range(connections)]
    pause = connections * batch / rate if rate else 0.0
    began = time.monotonic()
    threads = [
        threading.Thread(target=reporter.run, args=(began + seconds, pause))
        for reporter in reporters
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    times = sorted(each for reporter in reporters for each in reporter.times)
    refused: dict[int, int] = {}
    for reporter in reporters:
        for status, number in reporter.refused.items():
            refused[status] = refused.get(status, 0) + number
    return {
        "events_accepted": sum(reporter.accepted for reporter in reporters),
        "events_a_second": round(sum(reporter.accepted for reporter in reporters) / passed, 1),
        "messages": len(times),
        "p50_ms": round(1000 * times[len(times) // 2], 2),
        "p99_ms": round(1000 * times[int(len(times) * 0.99)], 2),
        "refused": refused,
        "driver_cpu_seconds": round(time.process_time(), 2),
    }


if __name__ == "__main__":
    port, seconds, connections, batch, products, rate = sys.argv[1:]
    figures = drive(
        port=int(port),
        seconds=float(seconds),
        connections=int(connections),
        batch=int(batch),
        products=int(products),
        rate=float(rate),
    )
    sys.stdout.write(json.dumps(figures))
