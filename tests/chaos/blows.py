"""What is done to a server at work. Each blow leaves the server to itself, with what it needs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import children, descendants
from portico.supervisor import status
from tests.disks import filled
from tests.servers import Server
from tests.waiting import until

PIDS = Path("/sys/fs/cgroup/pids")
FEW = 2  # processes and threads more than there are


@dataclass(frozen=True)
class Place:
    """What a blow can reach: the server, its disk when that is one of its own."""

    server: Server
    disk: Path | None
    random: Random

    def pids(self, *names: str) -> list[int]:
        """Those of these platform processes that run at this moment."""
        seen = status.read(self.server.layout)
        found = {one.name: one.pid for one in seen.processes}
        if seen.supervisor is not None:
            found["supervisor"] = seen.supervisor.pid
        return [pid for name in names if (pid := found.get(name)) is not None]

    def sandboxes(self) -> list[int]:
        """The launchers and first processes of all that runs for apps, builds included."""
        return [pid for pids in marked(self.server.layout.runtime.name).values() for pid in pids]


PLATFORM = ("supervisor", "web", "agent", "router")


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_web(place: Place) -> None:
    _kill(place.pids("web"))


def kill_agent(place: Place) -> None:
    _kill(place.pids("agent"))


def kill_agent_again(place: Place) -> None:
    """And the next one while it takes over."""
    for _ in range(3):
        _kill(until(lambda: place.pids("agent")))
        time.sleep(place.random.uniform(0, 1.5))


def kill_router(place: Place) -> None:
    _kill(place.pids("router"))


def kill_supervisor(place: Place) -> None:
    place.server.kill_supervisor()
    place.server.start()


def kill_platform(place: Place) -> None:
    """All of it at once, its supervisor first."""
    pids = place.pids(*PLATFORM)
    place.server.kill_supervisor()
    _kill(pids)
    place.server.start()


def kill_an_app(place: Place) -> None:
    """One sandbox, by its launcher, its first process, or the command in it."""
    if found := place.sandboxes():
        pid = place.random.choice(found)
        _kill([place.random.choice([pid, *children(pid)])])


def kill_all(place: Place) -> None:
    """The platform and all of the apps at once."""
    pids = [*place.pids(*PLATFORM), *place.sandboxes()]
    place.server.kill_supervisor()
    _kill(pids)
    place.server.start()


def reboot(place: Place) -> None:
    """Nothing is left but the disk."""
    pids = place.pids(*PLATFORM)
    everybody = [below for pid in pids for below in descendants(pid)]
    place.server.kill_supervisor()
    _kill([*pids, *everybody])
    until(lambda: _without_sandboxes(place))
    shutil.rmtree(place.server.layout.runtime, ignore_errors=True)
    place.server.start()


def _without_sandboxes(place: Place) -> bool:
    """Whether all are gone; the agent may have started one while it was being ended."""
    _kill(place.sandboxes())
    return not place.sandboxes()


def stop_and_continue(place: Place) -> None:
    """A platform process that hangs for a while."""
    pids = place.pids(place.random.choice(("web", "agent", "router")))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(place.random.uniform(0.2, 3))
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def fill_disk(place: Place) -> None:
    """For a while; an agent that begins meanwhile has to do without, too."""
    assert place.disk is not None
    with filled(place.disk):
        time.sleep(place.random.uniform(0, 2))
        if place.random.random() < 0.5:
            _kill(place.pids("agent"))
        time.sleep(place.random.uniform(0.5, 3))


def exhaust_pids(place: Place) -> None:
    """No process of the server gets another one, or a thread, for a while."""
    with _group(place.pids(*PLATFORM)) as group, ExitStack() as later:
        used = int((group / "pids.current").read_text())
        (group / "pids.max").write_text(str(used + FEW))
        later.callback((group / "pids.max").write_text, "max")
        time.sleep(place.random.uniform(0.5, 2))
        if place.random.random() < 0.5:
            _kill(place.pids("agent"))
        time.sleep(place.random.uniform(0.5, 3))


@contextlib.contextmanager
def _group(pids: list[int]) -> Iterator[Path]:
    group = PIDS / f"portico-chaos-{os.getpid()}"
    group.mkdir()
    try:
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield group
    finally:
        until(lambda: _emptied(group))


def _emptied(group: Path) -> bool:
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            (PIDS / "cgroup.procs").write_text(pid)
    group.rmdir()
    return True


@dataclass(frozen=True)
class Blow:
    """`spares_viewers`: no request to an app may fail meanwhile."""

    strike: Callable[[Place], None]
    spares_viewers: bool
    possible: Callable[[Place], bool] = lambda _: True
    quiet_logs: bool = True  # nothing unforeseen may be in the platform's own logs


def _has_disk(place: Place) -> bool:
    return place.disk is not None


def _has_groups(_: Place) -> bool:
    return os.geteuid() == 0 and (PIDS / "cgroup.procs").exists()


BLOWS = {
    "kill web": Blow(kill_web, True),
    "kill the agent": Blow(kill_agent, True),
    "kill the agent again and again": Blow(kill_agent_again, True),
    "kill the router": Blow(kill_router, False),
    "kill the supervisor": Blow(kill_supervisor, True),
    "kill the platform": Blow(kill_platform, False),
    "kill a part of an app": Blow(kill_an_app, False),
    "kill everything": Blow(kill_all, False),
    "reboot": Blow(reboot, False),
    "let one hang": Blow(stop_and_continue, False),
    "fill the disk": Blow(fill_disk, True, _has_disk, quiet_logs=False),
    "exhaust the pids": Blow(exhaust_pids, True, _has_groups, quiet_logs=False),
}
