"""Control groups: what is decided from the machine's own words."""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import Limits
from portico.engines.local.cgroups import (
    Mounted,
    Tree,
    count,
    mounted,
    parent,
    rlimits,
    settings,
    trees,
)

VERSION_1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu\\040acct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
"""
VERSION_2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
ALL = Limits(memory=1 << 30, cpu_weight=50, cpus=1.5, pids=100)
EVERY = frozenset({"memory", "cpu", "pids"})
ROOT = Path("/sys/fs/cgroup")


def test_version_1_has_a_tree_for_each_controller_at_its_top() -> None:
    found = list(mounted(VERSION_1, "8:pids:/\n4:memory:/docker/abc\n0::/\n"))
    assert [mount.version for mount in found] == [1, 1, 2]
    assert trees(iter(found), frozenset({"pids"}), ROOT / "unified") == (
        Tree(1, ROOT / "cpu acct", frozenset({"cpu"})),
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


def test_limits_in_the_words_of_either_version() -> None:
    assert settings(Tree(1, ROOT, EVERY), ALL) == {
        "memory.limit_in_bytes": "1073741824",
        "memory.memsw.limit_in_bytes": "1073741824",
        "cpu.shares": "512",
        "cpu.cfs_period_us": "100000",
        "cpu.cfs_quota_us": "150000",
        "pids.max": "100",
    }
    assert settings(Tree(2, ROOT, EVERY), ALL) == {
        "memory.max": "1073741824",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "cpu.weight": "50",
        "cpu.max": "150000 100000",
        "pids.max": "100",
    }


def test_what_is_not_limited_or_not_there_is_not_written() -> None:
    assert settings(Tree(2, ROOT, EVERY), Limits()) == {}
    assert settings(Tree(1, ROOT, frozenset({"pids"})), ALL) == {"pids.max": "100"}


def test_events_are_counted_by_name() -> None:
    text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
    assert (count(text, "oom_kill"), count(text, "max")) == (3, 0)


def test_where_a_controller_is_missing_each_process_is_limited() -> None:
    assert rlimits(ALL, EVERY) == {}
    assert rlimits(ALL, frozenset({"cpu"})) == {"data": 1 << 30, "nproc": 100}
    assert rlimits(Limits(), frozenset()) == {}
