"""Fake engines that are named for their failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from portico.engines.engine import Answers, Attached, Instance, Launch, Probe, Terminal
from portico.engines.fake.engine import FakeEngine
from portico.errors import PorticoError


class NeverReady(FakeEngine):
    """Its processes run and never answer."""

    async def probe(self, handle: str, probe: Probe) -> Answers:  # noqa: ARG002 - the contract's
        """The time is up."""
        self.calls.append(("probe", handle))
        return Answers(error="Connection refused.")


class Answering(FakeEngine):
    """Its processes answer what `status` says of a path."""

    def __init__(self, status: Callable[[str], int]) -> None:
        super().__init__()
        self._status = status

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """By path."""
        self.calls.append(("probe", handle))
        return Answers({path: self._status(path) for path in probe.paths})


class ExitsAtStart(FakeEngine):
    """Its processes end with code 3 as soon as they are probed."""

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """Too late."""
        self.end(handle, 3)
        return await super().probe(handle, probe)


class CannotStart(FakeEngine):
    """No process can be started."""

    async def start(self, launch: Launch) -> Instance:
        """Raises."""
        raise PorticoError(
            f"{launch.process} of {launch.app_name} could not be started.",
            "Its sandbox could not be made: the fake engine makes none.",
            "Run `portico server doctor` on the server; it says what the machine lacks.",
        )


class SlowToStart(FakeEngine):
    """Its processes start after `let_go`."""

    def __init__(self, running: Iterable[Instance] = ()) -> None:
        super().__init__(running)
        self.let_go = asyncio.Event()

    async def start(self, launch: Launch) -> Instance:
        """Waits."""
        self.calls.append(("starting", launch.process))
        await self.let_go.wait()
        return await super().start(launch)


class NoOneOffs(FakeEngine):
    """No one-off can be started."""

    async def run(self, launch: Launch, terminal: Terminal | None) -> Attached:  # noqa: ARG002 - the contract's
        """Raises."""
        raise PorticoError(
            f"{launch.process} of {launch.app_name} could not be started.",
            "The fake engine makes none.",
            "Run `portico server doctor` on the server; it says what the machine lacks.",
        )


class SlowToStop(FakeEngine):
    """Its processes ignore SIGTERM until `let_go`."""

    def __init__(self, running: Iterable[Instance] = ()) -> None:
        super().__init__(running)
        self.let_go = asyncio.Event()

    async def stop(self, handle: str, grace: float) -> None:
        """Waits."""
        self.calls.append(("stopping", handle))
        await self.let_go.wait()
        await super().stop(handle, grace)
