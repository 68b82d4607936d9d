"""`portico run` and `portico exec`. The command's exit code becomes this one's."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from portico.cli import commandline
from portico.cli.arguments import AppOption
from portico.cli.commandline import Order
from portico.cli.target import find

UNKNOWN = 1
Words = Annotated[
    list[str] | None, typer.Argument(metavar="[APP]", help="The app.", show_default=False)
]
ExecWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[APP] [PROCESS]",
        help="The app, and which of its processes (web.1).",
        show_default=False,
    ),
]


def run(context: typer.Context, words: Words = None, app: AppOption = None) -> None:
    """Run a command in the app's sandbox, beside its processes. Ends with the command's code."""
    _session("run", commandline.parsed("run", tuple(words or ()), app, context.obj))


def execute(context: typer.Context, words: ExecWords = None, app: AppOption = None) -> None:
    """Run a command inside a running process's sandbox. Ends with the command's code."""
    _session("exec", commandline.parsed("exec", tuple(words or ()), app, context.obj))


def _session(kind: str, order: Order) -> None:
    from portico.cli.terminal import attached
    from portico.client.socket import open_socket

    target = find(order.app)
    tty = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    wanted = {"kind": kind, "command": list(order.command), **_place(order), **_terminal(tty)}
    session = target.client.session(target.app, wanted)
    with open_socket(target.client, session) as socket:
        code = attached(socket, tty=tty)
    raise SystemExit(UNKNOWN if code is None else code & 0xFF)


def _place(order: Order) -> dict[str, Any]:
    return {} if order.process is None else {"process": order.process}


def _terminal(tty: bool) -> dict[str, Any]:
    if not tty:
        return {"tty": False}
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    term = os.environ.get("TERM", "xterm-256color")
    return {"tty": True, "rows": rows or 24, "columns": columns or 80, "term": term[:40]}
