"""`portico logs`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli import arguments
from portico.cli.arguments import Json
from portico.cli.output import colour_of, local_time, note, safe, show, show_json_line
from portico.cli.target import Target, find
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.documents import Deploy, DeployLine, Document, LogLine

LINES = 100


def logs(
    app: arguments.App = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")
    ] = False,
    lines: Annotated[
        int | None,
        typer.Option("--lines", "-n", min=0, metavar="N", help="The last N lines (100)."),
    ] = None,
    process: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only `web.1`, or all of `web`.")
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="The newest deploy's log, whole unless -n says less.")
    ] = False,
    json: Json = False,
) -> None:
    """Print what an app's processes have written. With --json: an object a line."""
    target = find(app)
    try:
        if build:
            _show_build(target, follow, lines, json)
        else:
            number = LINES if lines is None else lines
            shown = _show(_process_lines(target, process, number, follow), json)
            if not shown and number:
                note(safe(f"{process or target.app} has written nothing yet."))
    except KeyboardInterrupt:
        return


def _process_lines(
    target: Target, process: str | None, lines: int, follow: bool
) -> Iterator[LogLine]:
    from portico.client.documents import LogLine
    from portico.client.following import process_logs

    client = target.client
    if follow:
        yield from process_logs(client, target.app, process=process, lines=lines)
        return
    for item in client.logs(target.app, process=process, lines=lines, follow=False):
        if item is not None:
            yield LogLine.model_validate(item)


def _show(found: Iterator[LogLine], json: bool) -> int:
    """How many lines there were."""
    shown = 0
    for line in found:
        if json:
            _show_document(line)
        else:
            head = colour_of(line.process)(safe(line.process))
            show(f"{local_time(line.time)} {head} {safe(line.line)}")
        shown += 1
    return shown


def _show_build(target: Target, follow: bool, lines: int | None, json: bool) -> None:
    """A finished deploy's log is no different followed or not."""
    found = target.client.deploys(target.app)
    if not found:
        raise PorticoError(
            f"{target.app} has not been deployed yet.",
            "There is no deploy that could have a log.",
            f"`portico deploy --app {target.app}` makes one.",
        )
    newest = _deploy_lines(target, found[0], follow)
    for line in newest if lines is None else _last(newest, lines):
        _show_document(line) if json else show(safe(line.line))
    if follow:
        note(f"The deploy is {target.client.deploy_state(target.app, found[0].id).state}.")


def _deploy_lines(target: Target, deploy: Deploy, follow: bool) -> Iterator[DeployLine]:
    from portico.client.documents import DeployLine
    from portico.client.following import deploy_log

    if follow:
        yield from (
            item for item in deploy_log(target.client, deploy) if isinstance(item, DeployLine)
        )
        return
    for item in target.client.deploy_log(target.app, deploy.id, follow=False):
        if item is not None and "line" in item:
            yield DeployLine.model_validate(item)


def _last(lines: Iterator[DeployLine], number: int) -> Iterator[DeployLine]:
    from collections import deque

    return iter(deque(lines, maxlen=number))


def _show_document(document: Document) -> None:
    show_json_line(document.as_json())
