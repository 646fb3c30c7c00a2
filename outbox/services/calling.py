"""One call to an address that somebody typed: bounded, and never into the shop's own network."""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping

from django.conf import settings

from outbox.algorithms.addresses import Target, is_public, read_target
from outbox.errors import CallFailedError, ForbiddenAddressError

SECONDS = 5.0
MOST_BYTES = 64 * 1024


def check_target(*, url: str) -> Target:
    """Raises ForbiddenAddressError for what is no address of a web server."""
    target = read_target(url)
    if target is None:
        raise ForbiddenAddressError(url)
    return target


def post(*, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body and give the status; redirects are an answer like any other.

    The name is looked up once, every address is checked, and one of these is called: a name that
    changes its mind in between leads nowhere. Raises ForbiddenAddressError and CallFailedError.
    """
    target = check_target(url=url)
    until = time.monotonic() + SECONDS
    try:
        return _post(target, _resolve(target, url), body, headers, until)
    except (OSError, http.client.HTTPException) as error:
        raise CallFailedError(target.host, reason=str(error) or type(error).__name__) from error


def _resolve(target: Target, url: str) -> str:
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_PRIVATE_ADDRESSES and not all(map(is_public, addresses)):
        raise ForbiddenAddressError(url)
    return addresses[0]


def _post(
    target: Target, address: str, body: bytes, headers: Mapping[str, str], until: float
) -> int:
    connection = http.client.HTTPConnection(target.host, target.port, timeout=SECONDS)
    sock = socket.create_connection((address, target.port), timeout=SECONDS)
    try:
        if target.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=target.host)
        # The connection is made to the address that was checked, not to the name.
        connection.sock = sock
        connection.request("POST", target.path, body=body, headers=dict(headers))
        response = connection.getresponse()
        read = 0
        while read < MOST_BYTES and (part := response.read1(MOST_BYTES - read)):
            read += len(part)
            if time.monotonic() > until:
                break
        return response.status
    finally:
        connection.close()
        sock.close()
