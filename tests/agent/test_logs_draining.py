"""From pipes into files: what is kept when readers are killed, disks are full, apps are loud."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portico.agent.logs import files
from portico.agent.logs.cursor import Cursor, files_of, last_lines
from portico.agent.logs.draining import Allowance, whole_lines
from portico.agent.logs.files import LogFile
from portico.layout import Layout
from tests.agent.test_logs import APP, all_of, made, output, run

REPOSITORY = Path(__file__).parents[2]
# An agent that drains a named pipe until it is killed, or until the pipe's writers are gone.
READER = """
import asyncio, os, sys
from pathlib import Path
from tests.agent.test_logs import APP, made

async def main():
    pipe = os.open(sys.argv[2], os.O_RDONLY | os.O_NONBLOCK)
    print("reads", flush=True)
    await made(Path(sys.argv[1]), log_bytes_per_second=1 << 30).drain(APP, "web.1", pipe)

asyncio.run(main())
"""
WRITER = """
import os, sys
pipe = os.open(sys.argv[1], os.O_RDWR)
print("writes", flush=True)
sys.stdin.readline()
for number in range(20000):
    os.write(pipe, b"line %d\\n" % number)
print("written", flush=True)
sys.stdin.readline()
"""


def child(program: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_reader_loses_no_line(tmp_path: Path) -> None:
    pipe = tmp_path / "output"
    os.mkfifo(pipe)
    with child(WRITER, str(pipe)) as writer:
        assert said(writer) == "writes"
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
        for _ in range(4):
            with child(READER, str(tmp_path), str(pipe)) as reader:
                assert said(reader) == "reads"
                time.sleep(0.02)  # wherever it stands by then
                reader.kill()
        with child(READER, str(tmp_path), str(pipe)) as reader:
            assert said(reader) == "reads"  # a pipe that nobody has open keeps nothing
            assert said(writer) == "written"
            writer.stdin.close()
            assert reader.wait(60) == 0
    folder = Layout(tmp_path).logs(APP)
    text = "".join(path.read_text() for path in files_of(folder / "web.1.log"))
    numbers = [int(line.rpartition(" ")[2]) for line in text.splitlines()]
    assert sorted(set(numbers)) == list(range(20000))
    # A reader killed between keeping and taking keeps those lines twice; none is out of order.
    assert len(numbers) - 20000 <= 4 * 65536 // len("line 1\n")


def test_an_unfinished_line_is_kept_after_a_silence_and_not_before(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        reading, writing = os.pipe()
        draining = asyncio.ensure_future(logs.drain(APP, "web.1", reading))
        os.write(writing, b"Password")
        os.write(writing, b": ")
        following = logs.read(APP, follow=True)
        assert (await anext(following)).text == "Password: "
        os.write(writing, b"next\n")
        assert (await anext(following)).text == "next"
        os.close(writing)
        await draining
        await following.aclose()

    run(test)


def test_a_process_that_takes_its_own_output_back_does_not_hold_up_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        os.mkfifo(tmp_path / "output")
        theirs = os.open(tmp_path / "output", os.O_RDWR)
        pipe = os.open(tmp_path / "output", os.O_RDONLY | os.O_NONBLOCK)
        kept = LogFile.append

        def take_back(file: LogFile, lines: bytes) -> bool:
            os.read(theirs, 1 << 16)
            os.close(theirs)
            return kept(file, lines)

        monkeypatch.setattr(LogFile, "append", take_back)
        os.write(theirs, b"mine\n")
        async with asyncio.timeout(20):
            await logs.drain(APP, "web.1", pipe)
        assert await all_of(logs.read(APP)) == ["web.1 mine"]

    run(test)


def test_a_line_in_pieces_is_one_line(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        reading, writing = os.pipe()
        draining = asyncio.ensure_future(logs.drain(APP, "web.1", reading))
        for piece in (b"one ", b"line\nan", b"other\n"):
            os.write(writing, piece)
            await asyncio.sleep(0.01)
        os.close(writing)
        await draining
        assert await all_of(logs.read(APP)) == ["web.1 one line", "web.1 another"]

    run(test)


def test_the_end_without_a_line_end_is_kept_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"last words")
        assert await all_of(logs.read(APP)) == ["web.1 last words"]

    run(test)


def test_a_line_longer_than_the_pipe_passes(tmp_path: Path) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        reading, writing = os.pipe()
        draining = asyncio.ensure_future(logs.drain(APP, "web.1", reading))
        await asyncio.to_thread(os.write, writing, b"x" * 300_000 + b"\n")
        os.close(writing)
        await draining
        texts = [line.text async for line in logs.read(APP)]
        assert "".join(texts) == "x" * 300_000

    run(test)


def test_only_whole_lines_are_taken_unless_one_is_too_long() -> None:
    assert whole_lines(b"a\nb\nc") == b"a\nb\n"
    assert whole_lines(b"abc") == b""
    assert whole_lines(b"x" * 20000) == b"x" * 16384


def test_reading_pauses_when_a_process_is_too_loud() -> None:
    allowance = Allowance(1000, now=0)
    assert allowance.pause_after(1000, now=0) == 0
    assert allowance.pause_after(500, now=0) == 0.5
    assert allowance.pause_after(0, now=0.5) == 0
    assert allowance.pause_after(1500, now=100) == 0.5


def test_a_full_disk_costs_lines_and_is_told_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        logs = made(tmp_path)
        await output(logs, "web.1", b"before\n")
        reading, writing = os.pipe()
        draining = asyncio.ensure_future(logs.drain(APP, "web.1", reading))
        tried = asyncio.Event()

        def half_written(file: int, lines: bytes) -> None:
            os.write(file, lines[: len(lines) // 2])
            tried.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as full:
            full.setattr(files, "_write", half_written)
            os.write(writing, b"lost\nlost too\n")
            await tried.wait()
        os.write(writing, b"after\n")
        os.close(writing)
        await draining
        assert await all_of(logs.read(APP)) == [
            "web.1 before",
            "web.1 Portico: the disk was full; 2 lines were not kept.",
            "web.1 after",
        ]

    run(test)


def test_half_a_line_of_a_killed_agent_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "web.1.log"
    for torn, whole in (("one\ntw", "one\n"), ("tw", ""), ("one\n" + "x" * 200_000, "one\n")):
        path.write_text(torn)
        assert LogFile(path, 1 << 20, 1).append(b"next\n")
        assert path.read_text() == f"{whole}next\n"


def test_a_cursor_whose_file_is_gone_goes_on_with_the_oldest(tmp_path: Path) -> None:
    path = tmp_path / "web.1.log"
    log = LogFile(path, 8, 2)
    log.append(b"one\n")
    cursor = Cursor(path)
    assert cursor.last(5) == [b"one"]
    for number in range(10):
        log.append(b"line %d\n" % number)
    found: list[bytes] = []
    while lines := cursor.more():
        found += lines
    assert found == [b"line 7", b"line 8", b"line 9"]
    cursor.close()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_last_lines_over_block_boundaries(tmp_path: Path, count: int) -> None:
    path = tmp_path / "log"
    lines = [b"a" * 70_000, b"b", b"c" * 140_000]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    with path.open("rb") as file:
        found = last_lines(file.fileno(), path.stat().st_size, count)
    assert found == (lines[-count:] if count else [])
