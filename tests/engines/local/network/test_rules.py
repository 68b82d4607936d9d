"""The table of rules, as nft is given it. What the rules do is in test_own.py."""

from __future__ import annotations

from typing import Any

from portico.engines.local.network.names import Names
from portico.engines.local.network.rules import Policy, listening_on_loopback, no_table, table

NAMES = Names("server")
PROCESSES = "198.18.0.0/16"
TABLE = {"table": {"family": "inet", "name": "portico-b3ea"}}


def rules(policy: Policy, chain: str) -> list[Any]:
    added = (each["add"].get("rule", {}) for each in table(policy)["nftables"] if "add" in each)
    return [rule["expr"] for rule in added if rule.get("chain") == chain]


def sets(policy: Policy) -> dict[str, Any]:
    added = (each["add"].get("set", {}) for each in table(policy)["nftables"] if "add" in each)
    return {each["name"]: each.get("elem", []) for each in added if each}


def test_names_fit_and_tell_servers_and_processes_apart() -> None:
    assert NAMES.table == "portico-b3ea"
    assert NAMES.interfaces == "prtcb3ea"
    assert len(NAMES.interface("7-web.1-0")) == 15
    assert NAMES.interface("7-web.1-0").startswith(NAMES.interfaces)
    assert NAMES.interface("7-web.1-0") != NAMES.interface("7-web.1-1")
    assert Names("other").interfaces != NAMES.interfaces


def test_a_table_replaces_the_one_before_in_one_go() -> None:
    document = table(Policy(NAMES, (0,), PROCESSES))
    assert document["nftables"][:3] == [{"add": TABLE}, {"delete": TABLE}, {"add": TABLE}]
    assert no_table(NAMES) == {"nftables": [{"add": TABLE}, {"delete": TABLE}]}
    for each in document["nftables"][3:]:
        ((_, made),) = each["add"].items()
        assert (made["family"], made["table"]) == ("inet", "portico-b3ea")


def test_resolvers_are_reached_before_anything_is_refused() -> None:
    policy = Policy(NAMES, (0,), PROCESSES, resolvers=("192.0.2.53", "2001:db8::53"))
    assert (sets(policy)["resolvers_ip"], sets(policy)["resolvers_ip6"]) == (
        ["192.0.2.53"],
        ["2001:db8::53"],
    )
    looked_at = [
        rule[0]["match"]["right"] for rule in rules(policy, "outwards") if "match" in rule[0]
    ]
    assert looked_at == [
        *("prtc*", "prtc*", {"prefix": {"addr": "198.18.0.0", "len": 16}}),
        *("@resolvers_ip", "@resolvers_ip6"),
        *("@refused_ip", "@refused_ip6"),
    ]


def test_private_addresses_are_refused_when_the_operator_says_so() -> None:
    allowed, refused = (
        rules(Policy(NAMES, (0,), PROCESSES, private=private), "outwards")
        for private in (True, False)
    )
    more = [rule[0]["match"]["right"] for rule in refused if rule not in allowed]
    assert more == ["@private_ip", "@private_ip6"]


def test_the_way_to_a_resolver_on_loopback_is_there_only_when_there_is_one() -> None:
    with_one = Policy(NAMES, (0,), PROCESSES, loopback_resolver="127.0.0.1")
    assert rules(Policy(NAMES, (0,), PROCESSES), "names") == []
    assert rules(with_one, "names")[0][-1] == {"dnat": {"family": "ip", "addr": "127.0.0.1"}}
    assert len(rules(with_one, "to_machine")) == 1 + len(
        rules(Policy(NAMES, (0,), PROCESSES), "to_machine")
    )


def test_inside_the_port_leads_to_loopback_too() -> None:
    made = [each["add"] for each in listening_on_loopback(8000)["nftables"]]
    assert made[-1]["rule"]["expr"] == [
        {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "eth0"}},
        {
            "match": {
                "op": "==",
                "left": {"payload": {"protocol": "tcp", "field": "dport"}},
                "right": 8000,
            }
        },
        {"dnat": {"addr": "127.0.0.1"}},
    ]
