"""Rules that nft does not list."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from portico.engines.local.network import old_rules
from portico.engines.local.network.namespaces import new_namespace, within
from portico.engines.local.network.old_rules import Family, blocking_programs, drops
from portico.engines.local.network.packet_filter import PATH

DROPS = "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"


def test_a_policy_that_drops_is_found_unless_processes_are_let_through() -> None:
    assert drops(DROPS)
    assert drops(f"{DROPS}-A FORWARD -i docker0 -j ACCEPT\n")
    assert not drops(f"{DROPS}-N DOCKER-USER\n-A DOCKER-USER -i prtc+ -j ACCEPT\n")
    assert not drops(DROPS.replace("DROP", "ACCEPT"))
    assert not drops("")


def test_nobody_is_asked_where_there_are_no_such_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking alone would make them."""
    (tmp_path / "names").write_text("nat\n")
    program = tmp_path / "iptables-legacy"
    program.write_text(f"#!/bin/sh\necho '{DROPS}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(old_rules, "PATH", str(tmp_path))
    for tables, found in (("nat", []), ("nat\nfilter", ["iptables-legacy"])):
        (tmp_path / "names").write_text(f"{tables}\n")
        family = Family(tmp_path / "names", ("absent", "iptables-legacy"))
        monkeypatch.setattr(old_rules, "FAMILIES", (family,))
        assert blocking_programs() == found
    monkeypatch.setattr(old_rules, "FAMILIES", (Family(tmp_path / "none", ()),))
    assert blocking_programs() == []


@pytest.mark.machine
def test_they_are_found_where_they_are() -> None:
    """In a network of the test's own."""
    program = shutil.which("iptables-legacy", path=PATH)
    if program is None:
        pytest.skip("iptables-legacy is not installed")

    def run(*words: str) -> None:
        done = subprocess.run((program, *words), capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"this kernel has no old iptables: {done.stderr.decode().strip()}")

    def found() -> list[list[str]]:
        seen = [blocking_programs()]
        run("-P", "FORWARD", "DROP")
        seen.append(blocking_programs())
        run("-I", "FORWARD", "-i", "prtc+", "-j", "ACCEPT")
        return [*seen, blocking_programs()]

    namespace = new_namespace()
    try:
        assert within(namespace, found) == [[], ["iptables-legacy"], []]
    finally:
        os.close(namespace)
