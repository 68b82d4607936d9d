"""The command line: what there is, and the one place where its errors end."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from portico import __version__
from portico.cli.access import access
from portico.cli.apps import apps, open_app
from portico.cli.check import check
from portico.cli.commandline import WithTail
from portico.cli.config import config
from portico.cli.demo import demo
from portico.cli.deploy import deploy
from portico.cli.drains import drains
from portico.cli.limits import limits
from portico.cli.login import login, whoami
from portico.cli.logs import logs
from portico.cli.notices import notices
from portico.cli.output import note, show, show_error
from portico.cli.people import groups, people
from portico.cli.processes import ps, restart, scale
from portico.cli.releases import releases, rollback
from portico.cli.server import server
from portico.cli.sessions import execute, run
from portico.cli.stats import stats
from portico.cli.system import system
from portico.cli.tokens import tokens
from portico.errors import PorticoError

# The order of the help page.
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "login": login,
    "whoami": whoami,
    "check": check,
    "deploy": deploy,
    "open": open_app,
    "access": access,
    "logs": logs,
    "ps": ps,
    "stats": stats,
    "scale": scale,
    "restart": restart,
    "limits": limits,
    "drains": drains,
    "config": config,
    "notices": notices,
    "releases": releases,
    "rollback": rollback,
}
WITH_A_COMMAND: dict[str, Callable[..., None]] = {"run": run, "exec": execute}
# Without the two hyphens the command's own options arrive here; the error then says what to type.
UNKNOWN_ALLOWED = {"ignore_unknown_options": True}

app = typer.Typer(
    name="portico",
    help="Bring a folder, get a URL: deploys Python apps to a Portico server.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.add_typer(apps, name="apps")
app.add_typer(tokens, name="tokens")
app.add_typer(people, name="people")
app.add_typer(groups, name="groups")
app.command("system")(system)
for name, command in COMMANDS.items():
    app.command(name)(command)
for name, command in WITH_A_COMMAND.items():
    app.command(name, cls=WithTail, context_settings=UNKNOWN_ALLOWED)(command)
app.add_typer(server, name="server")


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"portico {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        show(context.get_help())


def main() -> NoReturn:
    """Exit code 0 or 1, and what `run` and `exec` have passed on from their commands."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(prog_name="portico", standalone_mode=False)
    except PorticoError as error:
        show_error(error)
        return 1
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Typer gives it no public name
            show(error.format_message())
            return 0
        show_error(_misused(error))
        return 1
    except typer.Abort:
        note("Nothing was done.")
        return 1
    return 1 if code else 0


def _misused(error: TyperException) -> PorticoError:
    """A mistake in the command line itself."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "portico"
    found = error.format_message().strip().replace("Value error, ", "")
    return PorticoError(
        "The command line was not understood.",
        found if found.endswith((".", "?", "!")) else f"{found}.",
        f"`{path} --help` says what can stand there.",
    )
