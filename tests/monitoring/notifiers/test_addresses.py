"""Webhooks go to public addresses, and to those that the site's operator named."""

from ipaddress import IPv4Address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.exceptions import RefusedAddressError, UnknownHostError
from monitoring.notifiers.addresses import is_allowed, resolve, target_of

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "2001:db8::1",
    "100::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1111",
           "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_allowed(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(address: IPv4Address) -> None:
    plain = is_allowed(str(address))
    assert is_allowed(f"::ffff:{address}") == plain
    assert is_allowed(f"64:ff9b::{address}") == plain


def test_what_the_operator_named_is_allowed_and_its_neighbour_is_not(
    settings: Any,
) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("::1/128")]
    assert is_allowed("10.1.2.3")
    assert is_allowed("::ffff:10.1.2.3")
    assert is_allowed("::1")
    assert not is_allowed("10.2.0.1")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.com/", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("gopher://example.com/", "must begin with"),
        ("//example.com/", "must begin with"),
        ("https://user:password@example.com/", "do not belong"),
        ("https://user@example.com/", "do not belong"),
        ("https:///hook", "names no host"),
        ("https://example.com:99999/", "no web address"),
        ("https://[::1/", "no web address"),
        ("https://[fe80::1%25eth0]/", "names no host"),
        ("https://.example.com/", "names no host"),
        (f"https://{'a' * 70}.com/", "names no host"),
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused_with_a_reason(url: str, says: str) -> None:
    with pytest.raises(RefusedAddressError, match=says):
        target_of(url)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            target = target_of(url)
        except RefusedAddressError:
            continue
        assert target.host
        assert target.path.isascii()


def test_an_address_is_read_with_its_port_path_and_query() -> None:
    target = target_of("https://Example.com/a b/ü?token=x y")
    assert (target.host, target.port, target.is_tls) == ("example.com", 443, True)
    assert target.path == "/a%20b/%C3%BC?token=x%20y"
    assert target_of("http://example.com:8080").port == 8080


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"]
)
def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    with pytest.raises((RefusedAddressError, UnknownHostError)):
        resolve(target_of(f"http://{host}/"))


def test_a_host_that_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(UnknownHostError, match=r"nowhere\.invalid is not known"):
        resolve(target_of("https://nowhere.invalid/"))
