"""Follows logs to their end, over broken connections and restarts of the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from portico.client.api import Client
from portico.client.documents import Deploy, DeployLine, LogLine
from portico.client.problems import UnreachableError

# Together about half a minute, which a restart of the server takes at most.
PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
# How far back a reconnected log is asked for, to fill the gap.
BACKLOG = 1000

Item = TypeVar("Item")


def deploy_log(
    client: Client, deploy: Deploy, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[DeployLine | Deploy]:
    """A deploy's lines as they come; its last state is the last item."""
    seen = 0

    def connect() -> Iterator[dict[str, Any] | None]:
        # The log is told from its beginning each time.
        number = 0
        for item in client.deploy_log(deploy.app, deploy.id, follow=True):
            if item is None:
                yield None
            elif "deploy" in item or (number := number + 1) > seen:
                yield item

    for item in _reconnecting(connect, sleep):
        if "deploy" in item:
            yield Deploy.model_validate(item["deploy"])
            return
        seen += 1
        yield DeployLine.model_validate(item)


def process_logs(
    client: Client,
    app: str,
    *,
    process: str | None,
    lines: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[LogLine]:
    """The last `lines` lines and then new ones without an end."""
    seen = Seen()
    wanted = lines

    def connect() -> Iterator[LogLine | None]:
        nonlocal wanted
        replay = seen.replay()
        for item in client.logs(app, process=process, lines=wanted, follow=True):
            wanted = BACKLOG
            line = None if item is None else LogLine.model_validate(item)
            if line is None or not replay.knows(line):
                yield line

    for line in _reconnecting(connect, sleep):
        seen.add(line)
        yield line


@dataclass
class Seen:
    """Per process the time of the newest line, and how many lines bore that very time."""

    newest: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def add(self, line: LogLine) -> None:
        moment, count = self.newest.get(line.process, (line.time, 0))
        self.newest[line.process] = (line.time, count + 1 if moment == line.time else 1)

    def replay(self) -> Seen:
        """A copy to `knows` the lines that a new connection repeats."""
        return Seen(dict(self.newest))

    def knows(self, line: LogLine) -> bool:
        """Whether a repeated line was seen before. Each that bears the newest time counts once."""
        moment, count = self.newest.get(line.process, (line.time, 0))
        if line.time == moment and count:
            self.newest[line.process] = (moment, count - 1)
            return True
        return line.time < moment


def _reconnecting(
    connect: Callable[[], Iterator[Item | None]], sleep: Callable[[float], None]
) -> Iterator[Item]:
    """The items of ever new connections. Gives up when the first or too many in a row fail."""
    connected, failures = False, 0
    while True:
        problem = _ended()
        try:
            for number, item in enumerate(connect()):
                connected = True
                if number:  # the first only says that the connection stands
                    failures = 0
                if item is not None:
                    yield item
        except UnreachableError as error:
            problem = error
        if not connected or failures == len(PAUSES):
            raise problem
        sleep(PAUSES[failures])
        failures += 1


def _ended() -> UnreachableError:
    return UnreachableError(
        "The server ended the log before its end.",
        "It was asked for it several times again.",
        "Follow it again with `portico logs`; look at `portico server status` on the server.",
    )
