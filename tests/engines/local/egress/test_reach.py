"""What the proxy of builds is told."""

from __future__ import annotations

from portico.build_proxy.order import ProxyOrder, Upstream
from portico.engines.local.egress.reach import proxy_order, without_proxy
from portico.mirrors import Mirrors


def test_mirrors_and_what_uvs_files_name_may_be_reached() -> None:
    file = """
# index-url = "https://was-once"
[[index]]
url = "https://user:word@Index.internal/simple"
[pip]
find-links = ["http://wheels:8080/", "./wheels"]
"""
    order = proxy_order(Mirrors(hosts=(("mirror", 443),)), [file, "no [ toml"], {})
    named = {("mirror", 443), ("index.internal", 443), ("wheels", 8080)}
    assert order == ProxyOrder(frozenset(named))


def test_the_servers_own_proxies_are_the_next_ones() -> None:
    variables = {
        "HTTPS_PROXY": "http://large",
        "https_proxy": "http://small",
        "ALL_PROXY": "http://all",
        "NO_PROXY": "corp",
    }
    order = proxy_order(Mirrors(), [], variables)
    assert order.upstream == Upstream("http://small", "http://all", "corp")


def test_a_builds_own_loopback_needs_no_proxy_unless_a_mirror_is_on_the_servers() -> None:
    assert without_proxy(ProxyOrder()) == "localhost,127.0.0.1,::1"
    near = ProxyOrder(frozenset({("127.0.0.1", 9000)}))
    assert without_proxy(near) == "localhost,::1"
