"""What keeps processes of this machine from networks of their own, or from using them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from portico.engines.local.network import packet_filter
from portico.engines.local.network.names import ANY_SERVER, Names
from portico.engines.local.network.namespaces import new_namespace
from portico.engines.local.network.resolver import SYSTEMD, Resolver
from portico.engines.local.network.rules import Document, Policy, table

FAMILIES = ("ip", "ip6", "inet")


def why_not_own() -> str:
    """Try it without changing anything; empty when they can be had."""
    try:
        packet_filter.load(table(Policy(Names("doctor"), (0,), "198.18.0.0/16")), only_check=True)
        os.close(new_namespace())
    except OSError as error:
        return f"{error.strerror or error}."
    return ""


def blocking(ruleset: Document) -> list[str]:
    """The chains that drop what is passed on, unless a rule of theirs speaks of processes. Pure."""
    entries = ruleset.get("nftables", [])
    excepted = {
        (rule["family"], rule["table"])
        for rule in (each["rule"] for each in entries if "rule" in each)
        if f"{ANY_SERVER}*" in _compared(rule) and {"accept": None} in rule["expr"]
    }
    return [
        f"{chain['family']} {chain['table']} {chain['name']}"
        for chain in (each["chain"] for each in entries if "chain" in each)
        if chain.get("hook") == "forward" and chain.get("policy") == "drop"
        if chain["family"] in FAMILIES and (chain["family"], chain["table"]) not in excepted
    ]


def _compared(rule: Document) -> Iterator[object]:
    return (each["match"].get("right") for each in rule.get("expr", []) if "match" in each)


def how_to_pass(chains: list[str], programs: Iterable[str] = ()) -> str:
    """In words; empty when nothing blocks. `programs` have been told to, those of old iptables."""
    said = [_past_chains(chains)] if chains else []
    return " ".join([*said, *map(_past_old_rules, programs)])


def _past_chains(chains: list[str]) -> str:
    return (
        f"These chains drop what is not theirs: {', '.join(chains)}. With a container engine run "
        f"iptables -I DOCKER-USER -i {ANY_SERVER}+ -j ACCEPT and the same with -o, else put the "
        f"two rules into the chain itself, and the same for IPv6."
    )


def _past_old_rules(program: str) -> str:
    return (
        f"Rules of {program}, which nft does not list, drop what is not theirs: run {program} "
        f"-I FORWARD -i {ANY_SERVER}+ -j ACCEPT and the same with -o."
    )


def how_to_resolve(resolver: Resolver) -> str:
    """In words; empty when processes can resolve names."""
    if resolver.loopback in SYSTEMD:
        return (
            f"{resolver.loopback} answers this machine alone, and /run/systemd/resolve/resolv.conf "
            "names nobody else. Give systemd-resolved a server, then restart Portico."
        )
    if not resolver.loopback and not resolver.servers:
        return (
            "/etc/resolv.conf names no server that another network can reach. Add one by its "
            "address, or let yours listen on 127.0.0.1, then restart Portico."
        )
    return ""
