"""Control groups made and removed: on this machine, and of version 2 in a folder like one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portico.engines.limits import Limits
from portico.engines.local.cgroups.group import entrances
from portico.engines.local.cgroups.groups import Around, Groups, find
from portico.engines.local.cgroups.trees import CONTROLLERS, Tree

NAME = f"portico-test-{os.getpid()}"
SMALL = Limits(memory=64 << 20, pids=20)
FEW = Limits(cpu_weight=50)


@pytest.fixture
def groups() -> Iterator[Groups]:
    found = find(Around(NAME, Limits(cpu_weight=50)))
    if not found.trees:
        pytest.skip("this machine lets us make no control groups")
    yield found
    asyncio.run(found.remove_all())
    assert [tree for tree in found.trees if (tree.root / NAME).exists()] == []


def members(groups: Groups, handle: str) -> list[set[int]]:
    files = (tree.root / NAME / handle / "cgroup.procs" for tree in groups.trees)
    return [set(map(int, file.read_text().split())) for file in files]


def started(groups: Groups, handle: str, *command: str) -> subprocess.Popen[bytes]:
    """As launchers are: it moves itself between fork and exec."""
    with entrances(groups.make(handle, SMALL)) as entering:
        return subprocess.Popen(
            command, preexec_fn=lambda: [os.write(entrance, b"0") for entrance in entering]
        )


def test_a_launcher_runs_in_its_group_from_its_first_instruction(groups: Groups) -> None:
    process = started(groups, "one", "/bin/sh", "-c", "sleep 300 & sleep 300")
    try:
        assert all(process.pid in found for found in members(groups, "one"))
    finally:
        asyncio.run(groups.remove_all())
    assert process.wait() == -signal.SIGKILL


def test_what_an_agent_has_left_is_ended_and_removed_and_nothing_else(groups: Groups) -> None:
    mine = started(groups, "left", "/bin/sleep", "300")
    others = Groups(groups.trees, (Around(f"{NAME}-others", Limits()),))
    stranger = started(others, "left", "/bin/sleep", "300")
    try:
        asyncio.run(groups.remove_all())
        assert mine.wait() == -signal.SIGKILL
        assert stranger.poll() is None
        assert [tree for tree in groups.trees if (tree.root / NAME).exists()] == []
    finally:
        asyncio.run(others.remove_all())
        assert stranger.wait() == -signal.SIGKILL


def test_a_group_that_is_gone_already_is_as_good_as_removed(groups: Groups) -> None:
    group = groups.make("gone", SMALL)
    for _, folder in group.folders:
        folder.rmdir()
    asyncio.run(group.remove())


def test_version_2_is_not_told_to_end_what_has_no_room_any_more(tmp_path: Path) -> None:
    group = Groups((Tree(2, tmp_path, CONTROLLERS),), (Around("ours", Limits()),)).make(
        "one", SMALL
    )
    folder = tmp_path / "ours" / "one"
    (folder / "memory.current").write_text(str(50 << 20))
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {10 << 20}\n")
    with pytest.raises(OSError, match="Device or resource busy"):
        group.change(SMALL, replace(SMALL, memory=39 << 20))
    assert (folder / "memory.max").read_text() == str(64 << 20)
    group.change(SMALL, replace(SMALL, memory=40 << 20))
    assert (folder / "memory.max").read_text() == str(40 << 20)


def test_groups_of_version_2_make_room_and_hand_the_controllers_down(tmp_path: Path) -> None:
    tree = Tree(2, tmp_path, CONTROLLERS)
    (tmp_path / "cgroup.type").write_text("domain\n")
    (tmp_path / "cgroup.procs").write_text("4711\n")
    made = Groups((tree,), (Around("ours", Limits(memory=1 << 30)), Around("builds", FEW)))
    (made,) = made.make("one", SMALL).folders
    written = {
        str(path.relative_to(tmp_path)): path.read_text()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    wanted = "+cpu +memory +pids"
    assert made == (tree, tmp_path / "ours" / "builds" / "one")
    assert written == {
        "cgroup.type": "domain\n",
        "cgroup.procs": "4711\n",
        "portico-server/cgroup.procs": "4711",
        "cgroup.subtree_control": wanted,
        "ours/memory.max": "1073741824",
        "ours/cgroup.subtree_control": wanted,
        "ours/builds/cpu.weight": "50",
        "ours/builds/cgroup.subtree_control": wanted,
        "ours/builds/one/memory.max": "67108864",
        "ours/builds/one/pids.max": "20",
    }
