"""What the doctor is told of networks."""

from __future__ import annotations

import os
from typing import Any

import pytest

from portico.engines.local.network import packet_filter
from portico.engines.local.network.diagnosis import (
    blocking,
    how_to_pass,
    how_to_resolve,
    why_not_own,
)
from portico.engines.local.network.namespaces import new_namespace, within
from portico.engines.local.network.resolver import resolver
from portico.engines.protections.measuring import networks_of_apps
from portico.layout import Users

DROPS = {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}
PASSES = {"family": "ip", "table": "filter", "chain": "FORWARD"}


def rule(*interfaces: str) -> dict[str, Any]:
    left = {"meta": {"key": "iifname"}}
    matches = [{"match": {"op": "==", "left": left, "right": name}} for name in interfaces]
    return {"rule": {**PASSES, "expr": [*matches, {"accept": None}]}}


def test_a_chain_that_drops_what_is_passed_on_is_named() -> None:
    chain = {"chain": DROPS}
    assert blocking({"nftables": [chain, rule("docker0")]}) == ["ip filter FORWARD"]
    assert blocking({"nftables": [chain, rule("prtc*")]}) == []
    assert blocking({"nftables": [{"chain": {**DROPS, "policy": "accept"}}]}) == []
    assert blocking({"nftables": [{"chain": {**DROPS, "hook": "input"}}]}) == []
    assert blocking({}) == []


def test_the_way_out_is_said_in_commands() -> None:
    assert how_to_pass([]) == ""
    assert how_to_pass(["ip filter FORWARD"]) == (
        "These chains drop what is not theirs: ip filter FORWARD. With a container engine run "
        "iptables -I DOCKER-USER -i prtc+ -j ACCEPT and the same with -o, else put the two rules "
        "into the chain itself, and the same for IPv6."
    )
    assert how_to_pass([], ["ip6tables-legacy"]) == (
        "Rules of ip6tables-legacy, which nft does not list, drop what is not theirs: run "
        "ip6tables-legacy -I FORWARD -i prtc+ -j ACCEPT and the same with -o."
    )


def test_a_resolver_that_nobody_else_can_ask_is_told() -> None:
    assert how_to_resolve(resolver("nameserver 127.0.0.1\n", None)) == ""
    assert how_to_resolve(resolver("nameserver 192.0.2.1\n", None)) == ""
    assert how_to_resolve(resolver("nameserver 127.0.0.53\n", None)) == (
        "127.0.0.53 answers this machine alone, and /run/systemd/resolve/resolv.conf names nobody "
        "else. Give systemd-resolved a server, then restart Portico."
    )
    assert how_to_resolve(resolver("nameserver ::1\n", None)) == (
        "/etc/resolv.conf names no server that another network can reach. Add one by its address, "
        "or let yours listen on 127.0.0.1, then restart Portico."
    )


def test_an_ordinary_user_s_apps_share_the_network() -> None:
    (found,) = networks_of_apps(Users(None))
    assert (found.on, found.how) == (
        False,
        "Apps reach each other's processes and this machine's services. Start the server as root.",
    )


@pytest.mark.machine
def test_root_has_all_of_it_here() -> None:
    found = list(networks_of_apps(Users(1000)))
    assert [protection.name for protection in found] == [
        "a network of its own for each process",
        "apps' way to the internet",
        "names are resolved in apps' networks",
    ]
    assert found[0].on


@pytest.mark.machine
def test_a_missing_packet_filter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_own() == ""
    monkeypatch.setattr(packet_filter, "PATH", "/nowhere")
    assert why_not_own() == "the program nft is missing; install the package nftables."


@pytest.mark.machine
def test_rules_of_others_are_found_where_they_are() -> None:
    """In a network of the test's own, where nobody else's traffic can be dropped."""
    chain = {"family": "ip", "table": "filter", "name": "FORWARD", "type": "filter"}
    document = {
        "nftables": [
            {"add": {"table": {"family": "ip", "name": "filter"}}},
            {"add": {"chain": {**chain, "hook": "forward", "prio": 0, "policy": "drop"}}},
        ]
    }

    def found() -> list[str]:
        packet_filter.load(document)
        return blocking(packet_filter.ruleset())

    namespace = new_namespace()
    try:
        assert within(namespace, found) == ["ip filter FORWARD"]
    finally:
        os.close(namespace)
