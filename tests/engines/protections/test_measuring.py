"""What the doctor is told: measured here, judged by given facts."""

from __future__ import annotations

import os

from portico.engines.local.user_namespaces.idmap import NoIds
from portico.engines.protections.measuring import (
    Protection,
    enough_ids,
    facts,
    judge,
    limits,
    network_of_builds,
    no_sandboxes,
    protections,
)
from portico.layout import Users

SHARED = dict.fromkeys(("mnt", "pid", "ipc", "uts", "cgroup", "net"), "1")
GOOD = {
    **dict.fromkeys(("mnt", "pid", "ipc", "uts", "cgroup", "net"), "2"),
    **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb"), "0000000000000000"),
    "Uid": "70",
    "NoNewPrivs": "1",
    "Seccomp": "2",
}


def test_this_machine_says_what_it_has_and_how_to_get_the_rest() -> None:
    found = {protection.name: protection for protection in protections()}
    assert found["sandboxes"].on
    assert found["a user of its own for each app"].on == (os.geteuid() == 0)
    assert found["network of builds: public addresses and mirrors alone"].on
    assert all(bool(protection.how) != protection.on for protection in found.values())
    assert found["system call filter (seccomp)"] == Protection(
        "system call filter (seccomp)", on=True
    )


def test_all_that_a_sandbox_can_have_is_on() -> None:
    off = [protection.name for protection in judge(GOOD, SHARED, 0) if not protection.on]
    assert off == []


def test_a_sandbox_that_shares_all_has_nothing() -> None:
    bad = {**GOOD, **SHARED, "Uid": "0", "NoNewPrivs": "0", "Seccomp": "0"}
    found = list(judge(bad, SHARED, 0))
    assert not any(protection.on for protection in found)
    assert found[0].how == (
        "Shared with the machine: mnt, pid, ipc, uts, cgroup. Allow namespaces in the kernel."
    )
    how = {protection.name: protection.how for protection in found}
    assert how["system call filter (seccomp)"] == (
        "Use a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64."
    )


def test_a_capability_that_is_left_is_not_overlooked() -> None:
    found = {p.name: p.on for p in judge({**GOOD, "CapPrm": "0000000000000080"}, SHARED, 0)}
    assert not found["no capabilities, no new privileges"]


def test_apps_of_one_user_are_told_why_and_how_to_get_others() -> None:
    """Where there could be ids, and where there is nothing to be said of them."""
    found = {p.name: p.how for p in judge({**GOOD, "Uid": "5"}, SHARED, 5, NoIds("None.", "Add."))}
    assert found["a user of its own for each app"] == (
        "None. All apps run as the server's user. Add. Or start the server as root."
    )
    found = {p.name: p.how for p in judge({**GOOD, "Uid": "5"}, SHARED, 5)}
    assert found["a user of its own for each app"] == (
        "All apps run as the server's user. Start the server as root."
    )


def test_ids_can_be_used_up() -> None:
    assert list(enough_ids(Users(None), 9)) == list(enough_ids(Users(5), 9)) == []
    (enough,) = enough_ids(Users(0, 65_536), 63_534)
    assert enough == Protection("subordinate ids for all apps", on=True)
    (used_up,) = enough_ids(Users(0, 65_536), 63_540)
    assert used_up == Protection(
        "subordinate ids for all apps",
        on=False,
        how="Apps share one user from number 63535 on; the last one is number 63540. Give the "
        "server's user more ids in /etc/subuid and /etc/subgid, then stop the server and start "
        "it again.",
    )


def test_facts_are_first_words_by_name() -> None:
    assert facts("mnt: 4026531841\nUid:\t70\t70\t70\nGroups:\t\n") == {
        "mnt": "4026531841",
        "Uid": "70",
        "Groups": "",
    }


def test_a_machine_without_sandboxes_is_told_what_bubblewrap_said() -> None:
    assert no_sandboxes("bwrap: No permissions to create new namespace\n") == (
        "bubblewrap said: bwrap: No permissions to create new namespace. "
        "Start the server as root, or allow user namespaces; in a container, allow nested ones."
    )


def test_a_machine_without_network_namespaces_is_told_that_no_build_can_run() -> None:
    assert network_of_builds("bwrap: loopback: Failed RTM_NEWADDR\n").how == (
        "bubblewrap said: bwrap: loopback: Failed RTM_NEWADDR. No build can run: allow network "
        "namespaces, in a container by CAP_NET_ADMIN or user namespaces."
    )
    assert network_of_builds("").on


def test_what_control_groups_are_missing_for_is_named() -> None:
    assert limits(frozenset({"memory"})).how == (
        "There are no control groups for: cpu, pids. Of a build each process is limited instead, "
        "not all together; apps' memory and processors are not limited at all. Start the server as "
        "root, or hand it a group: Delegate=yes in its systemd unit."
    )
    assert limits(frozenset({"memory", "cpu", "pids"})).on
