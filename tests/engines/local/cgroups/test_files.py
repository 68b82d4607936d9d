"""Control groups: what is written to limit one, and what is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from portico.engines.limits import Limits
from portico.engines.local.cgroups.files import changes, count, limit, rlimits, settings
from portico.engines.local.cgroups.trees import Tree

ALL = Limits(memory=1 << 30, cpu_weight=50, cpus=1.5, pids=100)
EVERY = frozenset({"memory", "cpu", "pids"})
ROOT = Path("/sys/fs/cgroup")


def test_limits_in_the_words_of_either_version() -> None:
    assert settings(Tree(1, ROOT, EVERY), ALL) == (
        ("memory.limit_in_bytes", "1073741824"),
        ("memory.memsw.limit_in_bytes", "1073741824"),
        ("cpu.shares", "512"),
        ("cpu.cfs_period_us", "100000"),
        ("cpu.cfs_quota_us", "150000"),
        ("pids.max", "100"),
    )
    assert settings(Tree(2, ROOT, EVERY), ALL) == (
        ("memory.max", "1073741824"),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "0"),
        ("cpu.weight", "50"),
        ("cpu.max", "150000 100000"),
        ("pids.max", "100"),
    )


def test_what_is_not_limited_or_not_there_is_not_written() -> None:
    assert settings(Tree(2, ROOT, EVERY), Limits()) == ()
    assert settings(Tree(1, ROOT, frozenset({"pids"})), ALL) == (("pids.max", "100"),)


def test_events_are_counted_by_name() -> None:
    text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
    assert (count(text, "oom_kill"), count(text, "max")) == (3, 0)


def test_where_a_controller_is_missing_each_process_is_limited() -> None:
    assert rlimits(ALL, EVERY) == {}
    assert rlimits(ALL, frozenset({"cpu"})) == {"data": 1 << 30, "nproc": 100}
    assert rlimits(Limits(), frozenset()) == {}


def test_a_build_ends_as_a_whole_when_its_memory_is_used_up() -> None:
    (_, _, group) = settings(Tree(2, ROOT, EVERY), Limits(memory=1, ends_together=True))
    assert group == ("memory.oom.group", "1")


def test_more_memory_is_given_in_the_order_that_version_1_takes() -> None:
    tree, more = Tree(1, ROOT, frozenset({"memory"})), Limits(memory=2 << 30)
    raised = (
        ("memory.memsw.limit_in_bytes", "2147483648"),
        ("memory.limit_in_bytes", "2147483648"),
    )
    assert changes(tree, ALL, more) == raised
    assert changes(tree, Limits(memory=3 << 30), more) == raised[::-1]


def test_a_cap_that_is_gone_is_taken_away() -> None:
    uncapped = replace(ALL, cpus=None)
    assert ("cpu.max", "max") in changes(Tree(2, ROOT, EVERY), ALL, uncapped)
    assert ("cpu.cfs_quota_us", "-1") in changes(Tree(1, ROOT, EVERY), ALL, uncapped)
    assert changes(Tree(2, ROOT, EVERY), uncapped, uncapped) == settings(
        Tree(2, ROOT, EVERY), uncapped
    )


def test_no_limit_is_said_in_two_ways() -> None:
    assert [limit(text) for text in ("max\n", "9223372036854771712\n", "4096\n")] == [
        None,
        None,
        4096,
    ]
