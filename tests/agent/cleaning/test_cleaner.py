"""When the disk is cleaned."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path

import pytest

from portico.agent.cleaning import cleaner as module
from portico.agent.cleaning.caches import Entry
from portico.agent.cleaning.cleaner import Cleaner, Cleaning, due
from portico.layout import Layout
from portico.settings import Settings

GB = 1 << 30
SETTINGS = Settings(data=Path("/data"), cache_bytes=5 * GB, free_bytes=GB)
NEVER = float("inf")


@pytest.mark.parametrize(
    ("free", "built", "since_last", "order"),
    [
        (9 * GB, True, NEVER, Cleaning(5 * GB)),
        (9 * GB, True, 30, None),  # it was measured a moment ago
        (9 * GB, False, NEVER, None),  # caches grow by builds alone
        (GB - 1, True, 30, Cleaning(0, urgent=True)),
        (GB - 1, False, 700, Cleaning(0, urgent=True)),
        (GB - 1, False, 30, None),  # nothing more can be had
    ],
)
def test_when_it_is_due(free: int, built: bool, since_last: float, order: Cleaning | None) -> None:
    assert due(free, SETTINGS, built=built, since_last=since_last) == order


def archives(layout: Layout) -> list[str]:
    return sorted(path.name for path in (layout.python / "cache" / "archive-v0").iterdir())


def filled(data: Path) -> Layout:
    layout = Layout(data)
    for number in range(3):
        archive = layout.python / "cache" / "archive-v0" / f"archive-{number}"
        archive.mkdir(parents=True)
        (archive / "file").write_bytes(b"x" * (1 << 20))
    return layout


def test_caches_over_their_limit_wait_for_a_moment_without_builds(tmp_path: Path) -> None:
    layout = filled(tmp_path)

    async def scene() -> None:
        cleaner = Cleaner(layout, Settings(data=tmp_path, cache_bytes=(2 << 20) + 65536))
        async with cleaner.gate.building():
            await cleaner.look()
            assert len(archives(layout)) == 3
        cleaner._last = float("-inf")
        await cleaner.look()
        assert len(archives(layout)) == 2

    asyncio.run(scene())


def test_what_a_killed_agent_has_half_removed_goes_too(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    entry = layout.python / "cache" / "archive-v0" / "archive-1"
    entry.rename(entry.with_name(".removing-archive-1"))
    asyncio.run(Cleaner(layout, Settings(data=tmp_path)).look())
    assert archives(layout) == ["archive-0", "archive-2"]


def test_caches_twice_over_their_limit_make_builds_wait(tmp_path: Path) -> None:
    layout = filled(tmp_path)

    async def scene() -> None:
        cleaner = Cleaner(layout, Settings(data=tmp_path, cache_bytes=1 << 20))
        async with cleaner.gate.building():
            looking = asyncio.create_task(cleaner.look())
            await asyncio.to_thread(lambda: None)
        await looking
        assert len(archives(layout)) == 0

    asyncio.run(scene())


def test_a_disk_that_is_nearly_full_is_cleared_before_a_build_and_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layout = filled(tmp_path)

    async def scene() -> None:
        cleaner = Cleaner(layout, Settings(data=tmp_path, free_bytes=1 << 60))
        await cleaner.make_room()
        assert archives(layout) == []
        await cleaner.make_room()

    asyncio.run(scene())
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["the disk is nearly full; `portico server disk` shows what takes it"]


def test_a_cleaning_ends_before_builds_go_on_also_when_who_waits_for_it_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, goes_on = filled(tmp_path), threading.Event()
    remove = module.caches.remove

    def slowly(entries: tuple[Entry, ...]) -> None:
        goes_on.wait(10)
        remove(entries)

    monkeypatch.setattr(module.caches, "remove", slowly)

    async def scene() -> None:
        cleaner = Cleaner(layout, Settings(data=tmp_path, free_bytes=1 << 60))
        waiting = asyncio.create_task(cleaner.make_room())
        while cleaner.gate._open.is_set():
            await asyncio.sleep(0.01)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        goes_on.set()
        async with cleaner.gate.building():
            assert archives(layout) == []

    asyncio.run(scene())


def test_with_room_on_the_disk_a_build_waits_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = filled(tmp_path)
    monkeypatch.setattr(module.caches, "measured", lambda _: pytest.fail("measured"))
    asyncio.run(Cleaner(layout, Settings(data=tmp_path, free_bytes=0)).make_room())
    assert len(archives(layout)) == 3
