"""The agent's examinations, with programs that take what time the test gives them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from portico.agent import pauses
from portico.agent.examining import examiner
from portico.agent.examining.examiner import Examiner, printed, program
from portico.disk_use import Contents
from portico.doctor.check import Check
from portico.engines.local.user_namespaces.idmap import NoIds
from portico.errors import PorticoError
from portico.examination import Examination, Machine, Part
from portico.wire import Problem

pytestmark = pytest.mark.anyio
MACHINE = Machine(as_root=False, checks=(Check("git", True, ""),), versions=(("git", "2.39.5"),))
CONTENTS = Contents(1, 2, (), (), {}, {}, {}, {})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def says(text: str, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; print({text!r}); sys.exit({code})")


Programs = Mapping[Part, tuple[str, ...]]
PROGRAMS: Programs = {
    Part.MACHINE: says(MACHINE.model_dump_json()),
    Part.DISK: says(json.dumps(asdict(CONTENTS))),
}


class Web:
    """Takes what it is told, after so many refusals."""

    def __init__(self, *refusals: Exception) -> None:
        self.told: list[Examination] = []
        self._refusals = list(refusals)

    async def examination(self, found: Examination) -> None:
        if self._refusals:
            raise self._refusals.pop(0)
        self.told.append(found)


async def has(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def examining(web: Web, programs: Programs = PROGRAMS) -> AsyncIterator[Examiner]:
    one = Examiner(web, programs)
    running = asyncio.create_task(one.run())
    yield one
    running.cancel()
    await asyncio.wait([running])


async def examine(web: Web, programs: Programs = PROGRAMS, parts: int = 2) -> list[Examination]:
    """What was told, once it was so much."""
    async with examining(web, programs) as one:
        one.ask()
        await has(lambda: len(web.told) >= parts)
    return web.told


async def test_each_part_is_told_when_somebody_asks() -> None:
    told = await examine(Web())
    assert told == [Examination(machine=MACHINE), Examination(disk=CONTENTS)]


async def test_a_while_after_the_start_nobody_has_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner, "AFTER_START", 0.0)
    web = Web()
    async with examining(web):
        await has(lambda: len(web.told) == 2)
    assert web.told == [Examination(machine=MACHINE), Examination(disk=CONTENTS)]


async def test_who_asks_while_it_is_under_way_gets_what_that_finds(tmp_path: Path) -> None:
    started, go, web = tmp_path / "started", tmp_path / "go", Web()
    waits = (
        *(sys.executable, "-c"),
        f"import os, time\nopen({str(started)!r}, 'w')\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        f"print({MACHINE.model_dump_json()!r})",
    )
    async with examining(web, {**PROGRAMS, Part.MACHINE: waits}) as one:
        one.ask()
        await has(started.exists)
        one.ask()
        go.touch()
        await has(lambda: len(web.told) == 2)
        one.ask()
        await has(lambda: len(web.told) == 4)
    assert [told.machine is None for told in web.told] == [False, True, False, True]


async def test_what_fails_is_told_in_its_own_words_and_keeps_nothing_else() -> None:
    fails = (sys.executable, "-c", "import sys; sys.exit('OSError: no space left')")
    machine, disk = await examine(Web(), {**PROGRAMS, Part.MACHINE: fails})
    assert machine.machine == Problem(
        title="The machine could not be examined.",
        detail="OSError: no space left",
        hint="Type `portico server doctor` and `portico server disk` on the server, which look at "
        "the same.",
    )
    assert disk.disk == CONTENTS


@pytest.mark.parametrize("said", ["", "{}", "rubbish"])
async def test_an_answer_that_is_none_is_a_problem(said: str) -> None:
    machine, _ = await examine(Web(), {**PROGRAMS, Part.MACHINE: says(said)})
    assert isinstance(machine.machine, Problem)


async def test_a_program_that_cannot_be_started_is_a_problem() -> None:
    machine, _ = await examine(Web(), {**PROGRAMS, Part.MACHINE: ("/nowhere/at/all",)})
    assert isinstance(machine.machine, Problem)
    assert "/nowhere/at/all" in machine.machine.detail


async def test_web_is_told_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "AFTER_ERROR", 0.0)
    web = Web(httpx.ConnectError("away"), httpx.ReadTimeout("slow"))
    assert await examine(web) == [Examination(machine=MACHINE), Examination(disk=CONTENTS)]


async def test_what_web_refuses_for_good_holds_up_nothing() -> None:
    request = httpx.Request("POST", "http://web/examination")
    refused = httpx.HTTPStatusError("no", request=request, response=httpx.Response(422, text="no"))
    assert await examine(Web(refused), parts=1) == [Examination(disk=CONTENTS)]


async def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PorticoError) as error:
        await printed((sys.executable, "-c", "import time; time.sleep(600)"), 0.0)
    assert error.value.detail == "It took longer than 0 seconds."


async def test_a_program_ends_with_the_agent_and_tidies_up_before(tmp_path: Path) -> None:
    left = tmp_path / "left"
    tidies = (
        "import pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        f"left = pathlib.Path({str(left)!r})\n"
        "left.touch()\ntry: time.sleep(600)\nfinally: left.unlink()\n"
    )
    working = asyncio.create_task(printed((sys.executable, "-c", tidies), 600))
    await has(left.exists)
    working.cancel()
    await asyncio.wait([working])
    assert not left.exists()


async def test_the_agents_own_program_says_how_the_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From where it stands; also why there are no ids, as the agent knows it."""
    monkeypatch.setenv("PORTICO_DATA", str(tmp_path))
    no_ids = NoIds("newuidmap cannot be found.", "Install the package uidmap.")
    text = await printed(program("--machine", json.dumps(asdict(no_ids))), 600)
    found = Machine.model_validate_json(text)
    checks = {check.name: check for check in found.checks}
    assert {"git", "uv", "user namespaces"} <= checks.keys()
    own = checks.get("a user of its own for each app")
    if own and not own.on:  # an ordinary user's
        assert own.how.startswith("newuidmap cannot be found. All apps run as")
    assert dict(found.versions)["git"]
    assert names_in(tmp_path) == []  # trials took away what they had made
