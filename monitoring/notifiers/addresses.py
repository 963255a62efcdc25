"""Which addresses a webhook may be sent to: public ones, and those that the operator of this site
named in TXCAT_WEBHOOK_NETWORKS."""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit

from django.conf import settings

from monitoring.exceptions import RefusedAddressError, UnknownHostError

PORTS = {"http": 80, "https": 443}
# The translation of IPv4 into IPv6: the last four bytes are where it goes.
NAT64 = IPv6Network("64:ff9b::/96")
HOST = re.compile(r"[a-z0-9_][a-z0-9._-]*|[0-9a-f:.]+")
PATH_CHARACTERS = "/%:@!$&'()*+,;=~-._"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes, read from its URL. `path` has the query."""

    is_tls: bool
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Raises RefusedAddressError where it is nothing that a webhook is sent to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedAddressError("It is no web address.") from error
    if parts.scheme not in PORTS:
        raise RefusedAddressError("It must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError(
            "A name and a password do not belong in an address, which others may read."
        )
    host = _host(parts.hostname or "")
    if host is None:
        raise RefusedAddressError("It names no host.")
    query = f"?{quote(parts.query, safe=PATH_CHARACTERS + '?')}" if parts.query else ""
    return Target(
        is_tls=parts.scheme == "https",
        host=host,
        port=PORTS[parts.scheme] if port is None else port,
        path=(quote(parts.path, safe=PATH_CHARACTERS) or "/") + query,
    )


def _host(name: str) -> str | None:
    """As it is looked up and as it stands in the header Host; None where no host is called so."""
    try:
        host = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return None
    return host if HOST.fullmatch(host) else None


def resolve(target: Target) -> list[str]:
    """The addresses of the host, in the order in which they are to be tried.

    Raises RefusedAddressError where one of them may not be sent to: a name that leads to the
    inside and to the outside is no mistake. Raises UnknownHostError where there is none.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(f"The host {target.host} is not known.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_allowed(address):
            raise RefusedAddressError(
                f"{target.host} is at {address}, which is not public. TXCAT_WEBHOOK_NETWORKS names "
                "the networks that are allowed although they are not."
            )
    return addresses


def is_allowed(address: str) -> bool:
    """Of an IPv4 or IPv6 address. One that holds another inside is judged by that one."""
    outer = ip_address(address.partition("%")[0])
    seen = _innermost(outer)
    if any(each in network for network in settings.WEBHOOK_NETWORKS for each in (outer, seen)):
        return True
    if isinstance(seen, IPv6Address) and seen.is_site_local:
        return False
    return seen.is_global and not (seen.is_multicast or seen.is_reserved or seen.is_link_local)


def _innermost(address: Address) -> Address:
    """The IPv4 address inside of a mapped, a translated or a tunnelled one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64 or not int(address) >> 32:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
