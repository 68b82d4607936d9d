"""What the agent tells the proxy of a build, as JSON in a variable of its sandbox."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

ORDER = "PORTICO_ORDER"
Target = tuple[str, int]  # host, in lower case and as it is asked for, and port


@dataclass(frozen=True)
class Upstream:
    """The operator's own proxies, addresses as in HTTPS_PROXY; '' where there is none.

    `bypass` is NO_PROXY: hosts that are reached without.
    """

    tunnels: str = ""  # for https and for whatever else is tunnelled
    plain: str = ""  # for http
    bypass: str = ""


@dataclass(frozen=True)
class ProxyOrder:
    """`mirrors` may be reached whatever their addresses are."""

    mirrors: frozenset[Target] = frozenset()
    upstream: Upstream = Upstream()


def encode(order: ProxyOrder) -> str:
    document = {
        "mirrors": sorted(order.mirrors),
        "upstream": dataclasses.asdict(order.upstream),
    }
    return json.dumps(document)


def decode(text: str) -> ProxyOrder:
    document = json.loads(text)
    mirrors = frozenset((host, port) for host, port in document["mirrors"])
    return ProxyOrder(mirrors, Upstream(**document["upstream"]))
