"""The program that sends logs, in its sandbox."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from portico.engines.engine import Attached, Output
from portico.engines.lines import LineSplitter
from portico.engines.local.egress.log_sender import PROGRAM
from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import descendants
from portico.log_drains.messages import Line
from portico.log_drains.orders import Drain, Settings, line_orders, settings_order
from portico.log_drains.waiting import Tally
from tests.engines.local.machines import APP, Server, server, until
from tests.log_drains.receivers import over_http, over_tcp, over_udp

SECRET = "me:pass-that-nobody-sees"
NEW = {"sent": 0, "lost": 0, "told": 0, "upto": ""}


class Talk:
    """One sender; `said` is what it has told of each drain last."""

    def __init__(self, attached: Attached) -> None:
        self.attached = attached
        self.said: dict[int, dict[str, Any]] = {}
        self.hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        lines = LineSplitter()
        while (piece := await self.attached.read()) is not None:
            assert piece[0] is Output.STDOUT, piece[1]
            for line in lines.feed(piece[1]):
                told = json.loads(line)
                self.said[told.pop("id")] = told

    async def give(self, *numbers: int, again: bool = False) -> None:
        lines = [Line(f"2026-11-26T04:40:00.{n:06}Z", "web.1", f"line {n}") for n in numbers]
        for order in line_orders(lines, again=again):
            await self.attached.write(order)

    async def drains(self, *drains: Drain) -> None:
        await self.attached.write(settings_order(Settings(drains, "polls", "portico.example")))


def talking(test: Callable[[Server, Talk], Awaitable[None]], *reached: int) -> None:
    """With a sender that may reach those ports of this machine."""

    async def whole(made: Server) -> None:
        engine = made.engine()
        named = tuple(f"127.0.0.1:{port}" for port in reached)
        settings = engine._machine.settings.model_copy(update={"drains_reach": named})
        engine._machine = replace(engine._machine, settings=settings)
        talk = Talk(await engine.log_sender(APP))
        try:
            await test(made, talk)
        finally:
            await talk.attached.kill()
            await talk.hearing
        # Without control groups the last of it are gone a moment after the launcher.
        await until(lambda: senders(made) == [])
        await engine.give_back()

    with server() as made:
        asyncio.run(whole(made))


def senders(made: Server) -> list[Path]:
    """The processes of it in /proc, the launcher first."""
    found = [
        pids for handle, pids in marked(made.layout.runtime.name).items() if "-logs-" in handle
    ]
    return [Path(f"/proc/{pid}") for pids in found for pid in pids]


def test_each_drain_gets_its_lines_and_goes_on_where_another_sender_was() -> None:
    with over_udp() as udp, over_tcp() as tcp, over_http() as http:

        async def test(_: Server, talk: Talk) -> None:
            before = Tally(sent=7, lost=2, told=1, upto="2026-11-26T04:40:00.000002Z")
            one = Drain(1, f"syslog://127.0.0.1:{udp.port}")
            two = Drain(2, f"syslog+tcp://127.0.0.1:{tcp.port}", tally=before)
            three = Drain(3, f"http://{SECRET}@127.0.0.1:{http.port}/")
            await talk.drains(one, two)
            await until(lambda: len(talk.said) == 2)
            assert talk.said[1] == {"state": "waiting", "why": "", **NEW}
            await talk.give(1, 2, 3, again=True)  # of before: to the one that was there
            await talk.give(4)
            await until(lambda: talk.said[1]["sent"] == 1)
            await talk.drains(two, three)
            await talk.give(5)
            await until(lambda: talk.said[2]["sent"] == 10 and talk.said.get(3, NEW)["sent"] == 1)
            assert talk.said[2] == {
                "state": "delivering",
                "why": "",
                "sent": 10,
                "lost": 2,
                "told": 2,
                "upto": "2026-11-26T04:40:00.000005Z",
            }
            await talk.give(6)
            await talk.attached.write(b"")  # what it has been given it sends
            assert (await talk.attached.wait()).code == 0

        talking(test, udp.port, tcp.port, http.port)
        heard = [[one.partition(b" - - ")[2] for one in by.messages] for by in (udp, tcp)]
        missing = b"Portico: 1 line is missing here: this drain did not take them in time."
        assert heard == [[b"line 4"], [missing, b"line 3", b"line 4", b"line 5", b"line 6"]]
        assert [one["line"] for one in http.documents] == ["line 5", "line 6"]


def test_it_reaches_nothing_of_the_machine_that_the_operator_has_not_named() -> None:
    with over_udp() as udp, over_tcp() as tcp, over_http() as http:

        async def test(_: Server, talk: Talk) -> None:
            addresses = (
                f"syslog://127.0.0.1:{udp.port}",
                f"syslog+tcp://[::ffff:127.0.0.1]:{tcp.port}",
                f"http://127.0.0.1:{http.port}/",
                "http://169.254.169.254/",
            )
            await talk.drains(*(Drain(n, address) for n, address in enumerate(addresses, 1)))
            await talk.give(1)
            await until(lambda: [s["state"] for s in talk.said.values()] == ["failing"] * 4)
            kinds = ["loopback"] * 3 + ["link-local"]
            for told, kind in zip(talk.said.values(), kinds, strict=True):
                assert f" is a {kind} address, which log drains may not reach. " in told["why"]

        talking(test)
        assert (udp.messages, tcp.connections, http.requests) == ([], [], [])


def test_it_is_the_apps_user_without_any_right_and_nothing_secret_is_seen_of_it() -> None:
    async def test(made: Server, talk: Talk) -> None:
        await talk.drains(Drain(1, f"https://{SECRET}@logs.invalid/{SECRET}"))
        await until(lambda: 1 in talk.said)
        inner = Path(f"/proc/{[*descendants(int(senders(made)[0].name))][-1]}")
        status = dict(
            line.split(":\t", 1) for line in (inner / "status").read_text().splitlines() if line
        )
        uid = made.engine()._machine.users.app(APP)
        assert status["Uid"].split()[0] == str(os.getuid() if uid is None else uid)
        assert (status["CapEff"], status["CapBnd"]) == ("0" * 16, "0" * 16)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        shown = (inner / "root" / "portico" / "portico").iterdir()
        assert sorted(path.name for path in shown) == sorted(PROGRAM.parts)
        for folder in (made.layout.data, made.layout.runtime):
            assert not (inner / "root" / folder.relative_to("/")).exists()
        for process in senders(made):
            for told in ("cmdline", "environ"):
                assert SECRET.encode() not in (process / told).read_bytes()

    talking(test)


def test_it_ends_when_it_is_killed_and_says_so() -> None:
    async def test(made: Server, talk: Talk) -> None:
        os.kill(int(senders(made)[0].name), signal.SIGKILL)
        await talk.attached.wait()
        await talk.hearing

    talking(test)
