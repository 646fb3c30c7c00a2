"""Which addresses on the network the shop may call on behalf of somebody."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """path: with the query, as it stands in the first line of a request."""

    scheme: str
    host: str
    port: int
    path: str


def read_target(url: str) -> Target | None:
    """None for what is no address of a web server, or carries a name and password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    default = PORTS.get(parts.scheme)
    host = parts.hostname
    if default is None or not host or parts.username is not None or not url.isascii():
        return None
    if any(character <= " " or character == "\x7f" for character in url):
        return None
    path = parts.path or "/"
    return Target(
        parts.scheme, host, port or default, f"{path}?{parts.query}" if parts.query else path
    )


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the internet: not to this machine or its network.

    An address of IPv4 that is wrapped in one of IPv6 counts as what it wraps.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if wrapped is not None:
            return is_public(str(wrapped))
        if ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """What NAT64 (RFC 6052) carries in its well-known prefix."""
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
