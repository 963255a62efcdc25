"""Who may read metrics without a key: by the address that the connection comes from."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

# A proxy on this machine has an allowed address, whomever it speaks for; its clients need a key.
# Any header that proxies set of themselves tells of one: which, is for its owner to choose.
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
)


def is_allowed(environ: Mapping[str, Any], networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether a WSGI request comes from one of the networks, and not by a proxy. What a header
    claims never lets anyone in."""
    if any(environ.get(header) for header in FORWARDED):
        return False
    try:
        address = ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        # A Unix socket has none.
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
