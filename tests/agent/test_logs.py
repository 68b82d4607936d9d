"""Logs as the agent uses them: real pipes, real files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from portico.agent.logs import LogLine, Logs
from portico.agent.logs.lines import parsed, split, stamp, stored
from portico.layout import Layout
from portico.settings import Settings

APP = 7


def made(data: Path, **settings: int) -> Logs:
    return Logs(Layout(data), Settings(data=data, **settings))


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(limited())


async def all_of(lines: AsyncIterator[LogLine]) -> list[str]:
    return [f"{line.process} {line.text}" async for line in lines]


async def output(logs: Logs, process: str, data: bytes) -> None:
    """A process writes this and ends."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    await logs.drain(APP, process, reading)


def test_a_line_is_stored_with_its_time_and_read_back() -> None:
    line = stored(1700000000.25, [b"a text"])
    assert line == b"2023-11-14T22:13:20.250000Z a text\n"
    expected = LogLine("2023-11-14T22:13:20.250000Z", "web.1", "a text")
    assert parsed("web.1", line.rstrip(b"\n")) == expected
    assert parsed("web.1", b"half of a li") is None


def test_long_lines_are_split_and_carriage_returns_removed() -> None:
    assert split(b"a\r\n\n" + b"x" * 20000 + b"\n") == [b"a", b"", b"x" * 16384, b"x" * 3616]
    assert split(b"unfinished") == [b"unfinished"]


def test_the_last_lines_of_all_processes_come_by_time(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"one\ntwo\n")
        await output(logs, "worker.1", b"three\n")
        await output(logs, "web.1", b"four\n")
        logs.deploy_line(APP, 1, "not of a process")
        assert await all_of(logs.read(APP)) == [
            "web.1 one",
            "web.1 two",
            "worker.1 three",
            "web.1 four",
        ]
        assert await all_of(logs.read(APP, lines=2)) == ["worker.1 three", "web.1 four"]
        assert await all_of(logs.read(APP, lines=0)) == []
        assert await all_of(logs.read(99)) == []

    run(test)


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        (("web",), ["web.1 a", "web.2 b"]),
        (("web.2",), ["web.2 b"]),
        (("web.1", "worker"), ["web.1 a", "worker.1 c"]),
        (("web.", "w"), []),
    ],
)
def test_processes_are_chosen_by_name_or_type(
    tmp_path: Path, processes: tuple[str, ...], expected: list[str]
) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        for process, text in (("web.1", b"a\n"), ("web.2", b"b\n"), ("worker.1", b"c\n")):
            await output(logs, process, text)
        assert await all_of(logs.read(APP, processes=processes)) == expected

    run(test)


def test_what_is_not_text_is_kept_replaceable(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"\xff\x1b[31mred\0\n")
        assert await all_of(logs.read(APP)) == ["web.1 \N{REPLACEMENT CHARACTER}\x1b[31mred\0"]

    run(test)


def test_a_follower_gets_what_comes_and_processes_that_join(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"before\n")
        following = logs.read(APP, follow=True)
        assert (await anext(following)).text == "before"
        await output(logs, "web.1", b"after\n")
        assert (await anext(following)).text == "after"
        waiting = asyncio.create_task(anext(following))
        await asyncio.sleep(0)
        await output(logs, "worker.1", b"another\n")
        assert await waiting == LogLine((await waiting).time, "worker.1", "another")
        await following.aclose()

    run(test)


def test_a_follower_misses_nothing_over_many_rotations(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path, log_bytes=2000, log_files=50)
        following = logs.read(APP, follow=True, lines=0)
        expected = [f"line {number}" for number in range(1000)]
        waiting = asyncio.create_task(anext(following))
        await asyncio.sleep(0.01)
        for start in range(0, 1000, 10):
            text = "".join(f"{line}\n" for line in expected[start : start + 10])
            await output(logs, "web.1", text.encode())
        found = [(await waiting).text]
        while len(found) < len(expected):
            found.append((await anext(following)).text)
        assert found == expected
        await following.aclose()

    run(test)


def test_rotated_files_are_bounded_and_still_read(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path, log_bytes=1000, log_files=2)
        for number in range(100):
            await output(logs, "web.1", b"%03d\n" % number)
        folder = Layout(tmp_path).logs(APP)
        files = sorted(path.name for path in folder.iterdir())
        assert files == ["web.1.log", "web.1.log.1", "web.1.log.2"]
        assert all(path.stat().st_size <= 1000 for path in folder.iterdir())
        texts = [line.text async for line in logs.read(APP, lines=60)]
        assert texts == [f"{number:03}" for number in range(40, 100)]

    run(test)


def test_the_tail_is_of_one_process_since_a_time(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"one\ntwo\nthree\n")
        await output(logs, "web.2", b"other\n")
        assert logs.tail(APP, "web.1", 2) == ["two", "three"]
        assert logs.tail(APP, "web.1", 2, since=4e9) == []
        assert logs.tail(APP, "web.9", 2) == []
        assert stamp(4e9) > stamp(1)

    run(test)


def test_a_deploys_log_ends_for_those_who_follow_it(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        following = asyncio.create_task(all_of(logs.read(APP, deploy=3, follow=True)))
        await asyncio.sleep(0)
        logs.deploy_line(APP, 3, "one\ntwo")
        logs.deploy_line(APP, 4, "of another deploy")
        await asyncio.sleep(0)
        logs.deploy_line(APP, 3, "forged end\0")
        logs.end_deploy(APP, 3)
        logs.end_deploy(APP, 3)
        expected = ["deploy one", "deploy two", "deploy forged end"]
        assert await following == expected
        assert await all_of(logs.read(APP, deploy=3, follow=True)) == expected
        assert await all_of(logs.read(APP, deploy=3, lines=1)) == expected[-1:]
        assert await all_of(logs.read(APP, deploy=4)) == ["deploy of another deploy"]

    run(test)


def test_the_end_of_a_deploys_log_is_known_to_the_next_agent(tmp_path: Path) -> None:
    async def test() -> None:
        before = made(tmp_path)
        before.deploy_line(APP, 3, "one")
        before.end_deploy(APP, 3)
        after = made(tmp_path)
        assert await all_of(after.read(APP, deploy=3, follow=True)) == ["deploy one"]

    run(test)


def test_a_deploys_log_is_cut_off_and_still_ends(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path, log_bytes=300)
        for _ in range(100):
            logs.deploy_line(APP, 3, "x" * 50)
        logs.end_deploy(APP, 3)
        texts = await all_of(logs.read(APP, deploy=3, follow=True))
        assert texts[-1] == (
            "deploy Portico: this log has reached its largest size; what follows is not kept."
        )
        assert len(texts) == 5

    run(test)


def test_logs_of_old_deploys_are_removed(tmp_path: Path) -> None:
    logs = made(tmp_path)
    for deploy in range(1, 61):
        logs.deploy_line(APP, deploy, "line")
        logs.end_deploy(APP, deploy)
    left = {int(path.stem.partition("-")[2]) for path in Layout(tmp_path).logs(APP).iterdir()}
    assert left == set(range(11, 61))
