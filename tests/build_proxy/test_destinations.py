"""Where requests go."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from portico.build_proxy.destinations import (
    NextProxy,
    RefusedError,
    UnreachableError,
    allowed,
    bypasses,
    next_proxy,
    proxy_of,
)
from portico.build_proxy.order import ProxyOrder, Upstream, decode, encode

PUBLIC, PRIVATE = ip_address("203.0.113.80"), ip_address("10.0.0.5")


def test_of_a_hosts_addresses_only_public_ones_are_used() -> None:
    assert allowed(("host", 443), [PRIVATE, PUBLIC], set()) == [PUBLIC]


def test_a_host_with_private_addresses_alone_is_refused_and_they_are_named() -> None:
    with pytest.raises(RefusedError) as caught:
        allowed(("db.internal", 5432), [PRIVATE], set())
    assert str(caught.value) == "10.0.0.5, a private address"
    with pytest.raises(RefusedError) as caught:
        allowed(("10.0.0.5", 5432), [PRIVATE], set())
    assert str(caught.value) == "a private address"


@pytest.mark.parametrize(
    ("entry", "is_about"),
    [
        ("*", True),
        ("index.corp", True),
        (" .corp", True),
        ("*.corp", True),
        ("index.corp:8080", True),
        ("index.corp:80", False),
        ("dex.corp", False),
        ("", False),
        ("10.0.0.0/8", False),
    ],
)
def test_an_entry_of_no_proxy_is_a_name_with_all_below_it(entry: str, is_about: bool) -> None:
    assert bypasses(entry, ("index.corp", 8080)) is is_about


def test_an_entry_of_no_proxy_may_be_a_network() -> None:
    assert bypasses("10.0.0.0/8", ("10.1.2.3", 443))
    assert not bypasses("10.0.0.0/8", ("11.1.2.3", 443))


def test_the_operators_proxy_is_the_next_unless_no_proxy_says_otherwise() -> None:
    upstream = Upstream("http://user:p%40ss@tunnels", "https://plain", "corp")
    assert next_proxy(upstream, ("pypi.org", 443), tunnel=True) == NextProxy(
        "tunnels", 3128, is_tls=False, credentials="Basic dXNlcjpwQHNz"
    )
    assert next_proxy(upstream, ("pypi.org", 80), tunnel=False) == NextProxy(
        "plain", 443, is_tls=True, credentials=""
    )
    assert next_proxy(upstream, ("index.corp", 443), tunnel=True) is None
    assert next_proxy(Upstream(), ("pypi.org", 443), tunnel=True) is None


def test_a_proxy_of_another_kind_is_said_to_be_of_no_use() -> None:
    with pytest.raises(UnreachableError) as caught:
        proxy_of("socks5://gate:1080")
    assert str(caught.value) == (
        "builds cannot use the server's own proxy, which is of the kind socks5"
    )


def test_an_order_is_read_as_it_was_written() -> None:
    order = ProxyOrder(frozenset({("a", 1), ("b", 2)}), Upstream("x", "y", "z"))
    assert decode(encode(order)) == order
