"""Control groups: what is decided from the machine's own words."""

from __future__ import annotations

from pathlib import Path

from portico.engines.local.cgroups.trees import Mounted, Tree, mounted, parent, trees

VERSION_1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu\\040acct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
"""
VERSION_2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
EVERY = frozenset({"memory", "cpu", "pids"})
ROOT = Path("/sys/fs/cgroup")


def test_version_1_has_a_tree_for_each_controller_at_its_top() -> None:
    found = list(mounted(VERSION_1, "8:pids:/\n4:memory:/docker/abc\n0::/\n"))
    assert [mount.version for mount in found] == [1, 1, 2]
    assert trees(iter(found), frozenset({"pids"}), ROOT / "unified") == (
        Tree(1, ROOT / "cpu acct", frozenset({"cpu", "cpuacct"})),
        Tree(1, ROOT / "memory", frozenset({"memory"})),
        Tree(2, ROOT / "unified", frozenset({"pids"})),
    )


def test_version_2_has_one_tree_where_groups_may_be_made() -> None:
    own = ROOT / "system.slice" / "portico.service"
    (found,) = mounted(VERSION_2, "0::/system.slice/portico.service\n")
    assert found == Mounted(2, ROOT, own, frozenset())
    assert trees(iter([found]), EVERY, own) == (Tree(2, own, EVERY),)
    assert trees(iter([found]), EVERY, None) == ()
    assert trees(iter([found]), frozenset(), own) == ()


def test_a_mount_may_show_a_part_of_the_tree_only() -> None:
    line = "30 23 0:26 /kubepods/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    (found,) = mounted(line, "0::/kubepods/x/below\n")
    assert found.own == ROOT / "below"


def test_the_group_that_was_handed_over_is_found_again_from_below() -> None:
    assert parent(ROOT / "portico.service" / "portico-server") == ROOT / "portico.service"
    assert parent(ROOT / "portico.service") == ROOT / "portico.service"
