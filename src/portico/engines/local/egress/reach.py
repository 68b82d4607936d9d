"""What the proxy of builds is told: which private addresses the operator has named. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping

from portico.build_proxy.order import ProxyOrder, Upstream
from portico.mirrors import Mirrors, host

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def proxy_order(
    mirrors: Mirrors, configurations: Iterable[str], variables: Mapping[str, str]
) -> ProxyOrder:
    """`configurations` are the texts of the operator's uv.toml files, `variables` the server's."""
    named = (text for file in configurations for text in _strings(_toml(file)))
    targets = filter(None, map(host, named))
    return ProxyOrder(frozenset((*mirrors.hosts, *targets)), _upstream(variables))


def without_proxy(order: ProxyOrder) -> str:
    """NO_PROXY inside a build: its own loopback, unless a mirror is on the server's."""
    mirrors = {name for name, _ in order.mirrors}
    return ",".join(name for name in LOOPBACK if name not in mirrors)


def _toml(text: str) -> object:
    """A file that cannot be read names nothing; uv itself will complain of it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in _strings(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _strings(item))


def _upstream(variables: Mapping[str, str]) -> Upstream:
    every = _proxy(variables, "all_proxy")
    return Upstream(
        tunnels=_proxy(variables, "https_proxy") or every,
        plain=_proxy(variables, "http_proxy") or every,
        bypass=_proxy(variables, "no_proxy"),
    )


def _proxy(variables: Mapping[str, str], name: str) -> str:
    """Small letters win, as with curl."""
    return variables.get(name) or variables.get(name.upper()) or ""
