"""`portico ps`, `portico scale` and `portico restart`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli import arguments
from portico.cli.arguments import AppOption, Json
from portico.cli.crashes import taught
from portico.cli.output import local_time, note, progress, safe, show, show_json, show_table
from portico.cli.target import Target, find
from portico.errors import PorticoError
from portico.limits import amount

if TYPE_CHECKING:
    from portico.client.documents import Process

PAUSE = 0.25
COLUMNS = (
    *("NAME", "STATE", "RELEASE", "SINCE", "RESTARTS", "CPU", "MEMORY"),
    *("ADDRESS", "PID", "LAST EXIT"),
)


def ps(app: arguments.App = None, json: Json = False) -> None:
    """List an app's processes."""
    target = find(app)
    found = target.client.processes(target.app)
    if json:
        show_json([process.as_json() for process in found])
    elif found:
        show_table(
            COLUMNS,
            [_row(process) for process in found],
        )
        for process in found:
            if process.state == "crashed" and (hint := taught(target, process)):
                note(safe(f"{process.name}: {hint}"))
    else:
        note(_nothing_runs(target))


def scale(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [TYPE=COUNT...]",
            help="For example web=2 worker=1; without any: show what is set.",
            show_default=False,
        ),
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or set how many processes of each type run."""
    name, wanted = parsed(tuple(words or ()), app)
    target = find(name)
    formation = _scaled(target, wanted) if wanted else target.client.formation(target.app)
    if json:
        show_json(formation)
    else:
        for kind, count in formation.items():
            show(safe(f"{kind}={count}"))


def restart(app: arguments.App = None) -> None:
    """Start an app's processes anew, the new before the old are ended."""
    target = find(app)
    before = target.client.processes(target.app)
    target.client.restart(target.app)
    if not before:
        show(f"{target.app} has no processes to restart.")
        return
    _await(target, f"Restarting {target.app}", before, lambda now: _restarting(target, now, before))
    show(f"Restarted {target.app}.")


def parsed(words: tuple[str, ...], app: str | None) -> tuple[str | None, dict[str, int]]:
    """App and counts: what has no equals sign can only be the app."""
    if app is None and words and "=" not in words[0]:
        app, words = words[0], words[1:]
    return app, dict(_count(word) for word in words)


def left_to_scale(now: Sequence[Process], wanted: Mapping[str, int]) -> list[str]:
    """What is not yet as it should be, in words; empty when it is."""
    left = []
    for kind, count in wanted.items():
        there = [each.state for each in now if each.type == kind and each.state != "stopping"]
        if there != ["running"] * count:
            left.append(f"{there.count('running')} of {count} {kind} processes are running")
    return left


def left_to_restart(now: Sequence[Process], before: Sequence[Process]) -> list[str]:
    """The same for a restart: names that run as before, or do not run again."""
    old = {(process.name, process.since) for process in before}
    running = [process for process in now if process.state == "running"]
    same = {process.name for process in running if (process.name, process.since) in old}
    anew = {process.name for process in running} - same
    names = dict.fromkeys(process.name for process in before if process.state != "stopping")
    return [f"{name} does not run anew" for name in names if name not in anew]


def _nothing_runs(target: Target) -> str:
    found = f"{target.app} has no processes"
    app = target.client.app(target.app)
    if app.release is None:
        deploy = f"portico deploy --app {target.app}"
        return f"{found}: no deploy of it has gone live. Deploy it: {deploy}"
    kind = "web" if "web" in app.processes else next(iter(app.processes), "web")
    return f"{found}. `portico scale {target.app} {kind}=1` starts one."


def _scaled(target: Target, wanted: Mapping[str, int]) -> dict[str, int]:
    before = target.client.processes(target.app)
    formation = target.client.scale(target.app, wanted)
    if target.client.app(target.app).release is not None:
        _await(target, f"Scaling {target.app}", before, lambda now: left_to_scale(now, wanted))
    return formation


def _restarting(target: Target, now: Sequence[Process], before: Sequence[Process]) -> list[str]:
    """What is left to restart. The new processes may have been refused: then the old serve on."""
    if (problem := target.client.app(target.app).problem) is not None:
        raise problem.as_error()
    return left_to_restart(now, before)


def _await(
    target: Target,
    text: str,
    before: Sequence[Process],
    left: Callable[[Sequence[Process]], list[str]],
) -> None:
    """Ask until nothing is left to do; what crashes meanwhile or takes too long is an error."""
    settings = target.client.app(target.app).settings
    deadline = time.monotonic() + (settings.ready_seconds or 60) + (settings.drain_seconds or 30)
    with progress(sys.stderr, text) as bar:
        while gaps := left(now := target.client.processes(target.app)):
            crashed = [each for each in now if each.state == "crashed" and each not in before]
            if crashed or time.monotonic() > deadline:
                raise _crashed(target, crashed) if crashed else _unfinished(target.app, gaps)
            bar.tick(f"{text}: {', '.join(gaps)}")
            time.sleep(PAUSE)


def _crashed(target: Target, crashed: list[Process]) -> PorticoError:
    first = crashed[0]
    return PorticoError(
        f"A process of {target.app} has crashed.",
        "; ".join(f"{p.name}: {p.last_exit or 'nobody knows how it ended'}" for p in crashed) + ".",
        taught(target, first)
        or f"Read its last lines: `portico logs {target.app} --process {first.name}`.",
    )


def _unfinished(app: str, gaps: list[str]) -> PorticoError:
    return PorticoError(
        f"The processes of {app} are not as asked for yet.",
        f"{'; '.join(gaps)}.",
        f"Look again with `portico ps {app}`, and at `portico logs {app}`.",
    )


def _count(word: str) -> tuple[str, int]:
    kind, _, count = word.partition("=")
    if kind and count.isdecimal():
        return kind, int(count)
    raise PorticoError(
        f"{word!r} is not a number of processes.",
        "It is written TYPE=COUNT, with a type of the Procfile and a whole number.",
        "For example `portico scale web=2 worker=1`.",
    )


def _row(process: Process) -> tuple[object, ...]:
    address = f"{process.address}:{process.port}" if process.address and process.port else ""
    release = f"v{process.release}" if process.release else ""
    since = local_time(process.since)
    return (
        process.name,
        process.state,
        release,
        since,
        process.restarts,
        "" if process.cpu is None else f"{process.cpu:.0%}",
        used(process),
        address,
        process.pid,
        process.last_exit,
    )


def used(process: Process) -> str:
    """Its memory in words, of what it may have; '' where nobody counts it."""
    if process.memory is None:
        return ""
    most = f" of {amount(process.memory_limit)}" if process.memory_limit else ""
    return f"{amount(process.memory)}{most}"
