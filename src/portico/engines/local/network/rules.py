"""The packet filter's table of one server, as nft reads it: JSON. Pure.

Interfaces are matched by the beginning of their names and all else by sets, so the rules are the
same for one process and for a thousand, and none changes when a process starts or ends.
See docs/decisions/0016-network.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from portico.engines.local.network.names import ANY_SERVER, GATEWAY, INSIDE, Names

Document = dict[str, Any]

LOOPBACK = "127.0.0.0/8"
# Never: this link's addresses and many hosts' at once, and where clouds tell secrets to machines.
REFUSED = (
    *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
    *("100.100.100.200/32", "192.0.0.192/32"),
    *("fe80::/10", "ff00::/8", "fd00:ec2::/64", "fd20:ce::/64"),
)
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
BINDINGS = "service_bindings"
FAMILIES = {4: ("ip", "ipv4_addr"), 6: ("ip6", "ipv6_addr")}
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "srcnat": 100}


@dataclass(frozen=True)
class Policy:
    """What the table depends on. `callers` are the users of the machine that reach processes."""

    names: Names
    callers: tuple[int, ...]
    processes: str  # the network of their addresses
    resolvers: tuple[str, ...] = ()
    loopback_resolver: str | None = None
    private: bool = True  # private addresses beyond the machine may be reached
    # Out of one process at a time. All share the kernel's table of them: 65,536 on a small machine.
    connections: int = 8192


def table(policy: Policy) -> Document:
    """Replaces the table as a whole, in one transaction."""
    return {"nftables": [*_removed(policy.names), *_made(policy)]}


def no_table(names: Names) -> Document:
    return {"nftables": _removed(names)}


def listening_on_loopback(port: int) -> Document:
    """Inside a process's network: what comes for its port reaches it on 127.0.0.1 too."""
    owner = {"family": "ip", "table": "portico"}
    chain = {"name": "in", "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}
    expression = [
        _match(_meta("iifname"), INSIDE),
        _match(_payload("tcp", "dport"), port),
        {"dnat": {"addr": "127.0.0.1"}},
    ]
    return {
        "nftables": [
            {"add": {"table": {"family": "ip", "name": "portico"}}},
            {"add": {"chain": {**owner, **chain}}},
            {"add": {"rule": {**owner, "chain": "in", "expr": expression}}},
        ]
    }


def _removed(names: Names) -> list[Document]:
    """Removing what is not there would be an error."""
    named = {"table": {"family": "inet", "name": names.table}}
    return [{"add": named}, {"delete": named}]


def _made(policy: Policy) -> list[Document]:
    own, any_server = f"{policy.names.interfaces}*", f"{ANY_SERVER}*"
    made: list[Document] = [{"table": {"family": "inet", "name": policy.names.table}}]
    made += [{"set": each} for each in _sets(policy)]
    made += [{"chain": {"name": name}} for name in ("to_machine", "outwards")]
    for name, (kind, hook, priority) in CHAINS.items():
        chain = {"name": name, "type": kind, "hook": hook, "policy": "accept"}
        made.append({"chain": {**chain, "prio": PRIORITIES[priority]}})
    for chain_name, *expression in _rules(policy, own, any_server):
        made.append({"rule": {"chain": chain_name, "expr": expression}})
    return [{"add": _placed(each, policy.names.table)} for each in made]


def _placed(made: Document, table: str) -> Document:
    """Everything but the table itself says where it belongs."""
    ((kind, content),) = made.items()
    return made if kind == "table" else {kind: {"family": "inet", "table": table, **content}}


def _sets(policy: Policy) -> list[Document]:
    sets = [{"name": BINDINGS, "type": ["ipv4_addr", "ipv4_addr", "inet_service"]}]
    sets += _by_family("refused", REFUSED)
    sets += _by_family("private", PRIVATE)
    sets += _by_family("resolvers", policy.resolvers)
    return sets


def _by_family(name: str, networks: Iterable[str]) -> list[Document]:
    sets = []
    for version, (family, kind) in FAMILIES.items():
        members = [_element(each) for each in networks if ip_network(each).version == version]
        made: Document = {"name": f"{name}_{family}", "type": kind, "flags": ["interval"]}
        sets.append({**made, "elem": members} if members else made)
    return sets


def _element(network: str) -> Any:
    if "/" not in network:
        return str(ip_address(network))
    address, length = network.split("/")
    return {"prefix": {"addr": address, "len": int(length)}}


CHAINS = {
    "forged": ("filter", "prerouting", "raw"),
    "machine": ("filter", "prerouting", "mangle"),
    "names": ("nat", "prerouting", "dstnat"),
    "input": ("filter", "input", "filter"),
    "names_source": ("nat", "input", "srcnat"),
    "forward": ("filter", "forward", "filter"),
    "output": ("filter", "output", "filter"),
    "translate": ("nat", "postrouting", "srcnat"),
}


def _rules(policy: Policy, own: str, any_server: str) -> list[list[Any]]:
    from_app, to_app = _match(_meta("iifname"), own), _match(_meta("oifname"), own)
    to_any = _match(_meta("oifname"), any_server)
    to_none = _match(_meta("oifname"), any_server, "!=")
    to_process = _match(_payload("ip", "daddr"), _element(policy.processes))
    return [
        # An address that is not the sender's, or one of loopback.
        ["forged", from_app, NEIGHBOURS, ACCEPT],
        ["forged", from_app, _match(_fib("oif", "saddr", "iif"), False), DROP],
        ["forged", from_app, _match(_payload("ip", "daddr"), _element(LOOPBACK)), DROP],
        # The machine's own addresses, also where somebody's rules lead on from them.
        ["machine", from_app, NEW, _match(_fib("type", "daddr"), "local"), _jump("to_machine")],
        *([["to_machine", GATEWAY_NAMES, NAME_PORT, ACCEPT]] if policy.loopback_resolver else []),
        ["to_machine", NEIGHBOURS, ACCEPT],
        ["to_machine", REJECT],
        *_loopback_names(policy.loopback_resolver, from_app),
        ["input", from_app, KNOWN, ACCEPT],
        ["input", from_app, NEIGHBOURS, ACCEPT],
        ["input", from_app, _match({"ct": {"key": "status"}}, "dnat", "in"), NAME_PORT, ACCEPT],
        ["input", from_app, REJECT],
        ["forward", from_app, KNOWN, ACCEPT],
        ["forward", to_app, KNOWN, ACCEPT],
        ["forward", from_app, _jump("outwards")],
        ["forward", to_app, REJECT],
        ["outwards", to_any, BOUND, ACCEPT],
        ["outwards", to_any, REJECT],
        ["outwards", to_process, REJECT],
        *_at_most(policy.connections),
        *_outwards("resolvers", NAME_PORT, ACCEPT),
        *_outwards("refused", REJECT),
        *([] if policy.private else _outwards("private", REJECT)),
        ["outwards", ACCEPT],
        ["output", to_app, NEW, _match(_meta("skuid"), _set(policy.callers), "!="), REJECT],
        # What was on its way to a process that has just ended must not leave for the internet.
        ["output", to_process, to_none, NEW, REJECT],
        ["translate", from_app, to_none, {"masquerade": None}],
    ]


def _loopback_names(resolver: str | None, from_app: Document) -> list[list[Any]]:
    """To a resolver on the machine's loopback, which may answer nobody but its own machine."""
    if resolver is None:
        return []
    near = _match(_payload("ip", "daddr"), resolver)
    target = {"dnat": {"family": "ip", "addr": resolver}}
    source = {"snat": {"family": "ip", "addr": "127.0.0.1"}}
    return [
        ["names", from_app, GATEWAY_NAMES, NAME_PORT, target],
        ["names_source", from_app, near, NAME_PORT, source],
    ]


def _outwards(name: str, *then: Document) -> list[list[Any]]:
    return [
        ["outwards", _match(_payload(family, "daddr"), f"@{name}_{family}"), *then]
        for family, _ in FAMILIES.values()
    ]


def _at_most(connections: int) -> list[list[Any]]:
    count = {"ct count": {"val": connections, "inv": True}}
    return [
        [
            "outwards",
            {
                "meter": {
                    "name": f"connections_{family}",
                    "size": 65_536,
                    "key": _payload(family, "saddr"),
                    "stmt": count,
                }
            },
            REJECT,
        ]
        for family, _ in FAMILIES.values()
    ]


def _match(left: Document, right: Any, operator: str = "==") -> Document:
    return {"match": {"op": operator, "left": left, "right": right}}


def _meta(key: str) -> Document:
    return {"meta": {"key": key}}


def _payload(protocol: str, field: str) -> Document:
    return {"payload": {"protocol": protocol, "field": field}}


def _fib(result: str, *flags: str) -> Document:
    return {"fib": {"result": result, "flags": list(flags)}}


def _set(members: Iterable[Any]) -> Document:
    return {"set": list(members)}


def _jump(chain: str) -> Document:
    return {"jump": {"target": chain}}


ACCEPT, DROP = {"accept": None}, {"drop": None}
REJECT = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
KNOWN = _match({"ct": {"key": "state"}}, _set(("established", "related")))
NEW = _match({"ct": {"key": "state"}}, "new", "in")
NEIGHBOURS = _match(_payload("icmpv6", "type"), _set(("nd-neighbor-solicit", "nd-neighbor-advert")))
GATEWAY_NAMES = _match(_payload("ip", "daddr"), GATEWAY)
NAME_PORT = _match(_payload("th", "dport"), 53)
BOUND = _match(
    {"concat": [_payload("ip", "saddr"), _payload("ip", "daddr"), _payload("tcp", "dport")]},
    f"@{BINDINGS}",
)
