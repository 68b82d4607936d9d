"""Round after round: authors at work, a blow at some moment, then rest, and a look at everything."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from portico.layout import Layout
from tests.chaos import invariants
from tests.chaos.blows import BLOWS, Blow, Place
from tests.chaos.world import AppAtWork, at_work
from tests.disks import small_disk
from tests.e2e.load import Load, load
from tests.servers import Server, started
from tests.waiting import until

Say = Callable[[str], None]
MEGABYTES = 512
LATEST = 3.0  # seconds after which a blow comes, from the moment that authors begin
UNFORESEEN = "Traceback (most recent call last)"


@contextlib.contextmanager
def place(seed: int) -> Iterator[Place]:
    """A server, as root with a disk of its own, which is ended in the end with all that it has made."""
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(MEGABYTES)) if os.geteuid() == 0 else None
        data = disk / "data" if disk else None
        if data:
            data.mkdir()
        server = stack.enter_context(started(data))
        yield Place(server, disk, Random(seed))  # noqa: S311 - dice, not keys
    _assert_nothing_left(server)


def _assert_nothing_left(server: Server) -> None:
    left = invariants.remains(server.layout.runtime.name)
    assert not left, f"the server has ended and left {left}"


@dataclass
class Rounds:
    """A server at work, and the dice."""

    place: Place
    apps: list[AppAtWork]
    say: Say

    def play(self, number: int, name: str) -> None:
        """One round; raises AssertionError with all that is needed to understand it."""
        blow, random = BLOWS[name], self.place.random
        changes = [(app, *app.change()) for app in self.apps]
        after = random.uniform(0, LATEST)
        began, doing = time.monotonic(), ", ".join(f"{app.name} {what}" for app, what, _ in changes)
        said = f"round {number}: {doing}; after {after:.2f} s: {name}"
        unforeseen = self._unforeseen()
        try:
            with _asked(self.apps) as loads, ThreadPoolExecutor() as pool:
                doings = [pool.submit(do) for _, _, do in changes]
                time.sleep(after)
                blow.strike(self.place)
                for done in doings:
                    done.result()
                self._come_to_rest()
            self._look(blow, loads)
            assert not blow.quiet_logs or self._unforeseen() == unforeseen, "unforeseen errors"
        except Exception as error:
            raise AssertionError(f"{said}: {error}") from error
        self.say(f"{said}; at rest after {time.monotonic() - began:.1f} s")

    def _come_to_rest(self) -> None:
        until(lambda: invariants.at_rest(self.place.server, self.apps))

    def _look(self, blow: Blow, loads: list[Load]) -> None:
        failed = [word for answered in loads for word in answered.failed]
        assert not (blow.spares_viewers and failed), f"viewers were told {failed}"
        invariants.nothing_is_lost(self.apps)
        invariants.ran_once(self.apps)
        invariants.database_is_consistent(self.place.server.layout)
        until(lambda: invariants.logs_have_ended(self.apps) is None)

    def _unforeseen(self) -> int:
        logs = self.place.server.layout.platform_logs.glob("*.log*")
        return sum(log.read_text(errors="replace").count(UNFORESEEN) for log in logs)


@contextlib.contextmanager
def _asked(apps: list[AppAtWork]) -> Iterator[list[Load]]:
    """Viewers of each app; what they are told is looked at later."""
    with ExitStack() as stack:
        yield [stack.enter_context(load(app.url, clients=2)) for app in apps]


@contextlib.contextmanager
def rounds(place: Place, say: Say) -> Iterator[Rounds]:
    """On a server that has just started; what it says is kept when something is wrong."""
    with at_work(place.server, place.random) as apps:
        try:
            yield Rounds(place, apps, say)
        except BaseException:
            say(f"What it said and kept is in {_evidence(place.server)}")
            raise


def _evidence(server: Server) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="portico-chaos-"))
    layout: Layout = server.layout
    (folder / "server.log").write_text(server.output)
    for what in (layout.platform_logs, *layout.apps.glob("*/logs"), layout.web):
        name = str(what.relative_to(layout.data)).replace("/", "-")
        shutil.copytree(what, folder / name, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    return folder


def possible(place: Place) -> list[str]:
    return [name for name, blow in BLOWS.items() if blow.possible(place)]


def names(random: Random, among: list[str]) -> Iterator[str]:
    """Each blow once in any order, then again."""
    while True:
        yield from random.sample(among, len(among))
