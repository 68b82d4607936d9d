"""What is set of the machine so that it passes packets on."""

from __future__ import annotations

import json
from pathlib import Path

from portico.engines.local.network.forwarding import IPV4, IPV6, turn_on, wanted

ALL, LINK = "net/ipv6/conf/all/accept_ra", "net/ipv6/conf/eth0/accept_ra"


def test_a_machine_that_forwards_is_left_alone() -> None:
    assert list(wanted({IPV4: "1", IPV6: "1", LINK: "1"}, ipv6=True)) == []


def test_routers_go_on_being_believed_where_they_were() -> None:
    settings = {IPV4: "0", IPV6: "0", ALL: "0", LINK: "1"}
    assert list(wanted(settings, ipv6=True)) == [(IPV4, "1"), (LINK, "2"), (IPV6, "1")]


def test_ipv6_is_not_touched_where_the_machine_has_no_way_by_it() -> None:
    assert list(wanted({IPV4: "0", IPV6: "0", LINK: "1"}, ipv6=False)) == [(IPV4, "1")]


def test_what_was_there_before_the_first_change_is_remembered(tmp_path: Path) -> None:
    root, remembered = tmp_path / "sys", tmp_path / "remembered.json"
    for name in (IPV4, IPV6, LINK):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / IPV4).write_text("0\n")
    turn_on(root, remembered, ipv6=False)
    assert (root / IPV4).read_text() == "1"
    (root / IPV4).write_text("0")
    (root / IPV6).write_text("0\n")
    (root / LINK).write_text("1\n")
    turn_on(root, remembered, ipv6=True)
    turn_on(root, remembered, ipv6=True)
    assert {name: (root / name).read_text() for name in (IPV4, IPV6, LINK)} == {
        IPV4: "1",
        IPV6: "1",
        LINK: "2",
    }
    assert json.loads(remembered.read_text()) == {IPV4: "0", IPV6: "0", LINK: "1"}
