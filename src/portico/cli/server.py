"""`portico server ...`: the server on this machine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from portico.cli.checking import check_certificate, check_settings
from portico.cli.disk import measure, show_disk
from portico.cli.doctor import doctor
from portico.cli.installation import install, uninstall, upgrade
from portico.cli.output import show, show_json, show_table
from portico.errors import PorticoError
from portico.layout import Layout
from portico.supervisor import as_web, asking
from portico.supervisor import status as server_status
from portico.supervisor.options import default_data
from portico.supervisor.programs import Commands
from portico.supervisor.request import Request

Data = Annotated[
    Path,
    typer.Option(
        "--data", help="The data folder.", default_factory=default_data, show_default=False
    ),
]

server = typer.Typer(help="The server on this machine.", no_args_is_help=True)
server.command("doctor")(doctor)
server.command("install")(install)
server.command("upgrade")(upgrade)
server.command("uninstall")(uninstall)


@server.command()
def start(
    data: Data,
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT to listen on.", show_default="127.0.0.1:8000")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address that viewers use.", show_default="from --listen")
    ] = None,
    tls_cert: Annotated[
        str | None, typer.Option(help="Serve HTTPS with this certificate and its chain (PEM).")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(help="The certificate's private key (PEM).")
    ] = None,
    redirect_from: Annotated[
        str | None, typer.Option(help="HOST:PORT from which plain HTTP is led to HTTPS.")
    ] = None,
) -> None:
    """Run a server in the foreground until Ctrl-C, which ends its apps too."""
    request = Request(
        data,
        listen,
        url,
        tls_cert=_absolute(tls_cert),
        tls_key=_absolute(tls_key),
        redirect_from=redirect_from,
    )
    options = request.resolve()
    check_settings(options.data)
    check_certificate(options.tls)
    argv = [*Commands.supervisor, *request.words()]
    os.execv(argv[0], argv)  # noqa: S606 - becomes the supervisor: this program is too big to stay


def _absolute(file: str | None) -> str | None:
    """The supervisor works in another folder."""
    return str(Path(file).absolute()) if file else None


@server.command()
def stop(data: Data) -> None:
    """End a server and its apps, also when its supervisor has died."""
    layout = _own(data)
    if server_status.read(layout).nothing_runs and not layout.runtime.exists():
        raise asking.not_running(layout)
    asking.stop(layout)
    show("Portico has stopped.")


@server.command()
def restart(data: Data) -> None:
    """Take up new code and settings. No app stops, and requests wait while web restarts."""
    layout = _own(data)
    if server_status.read(layout).supervisor is None:
        raise asking.not_running(layout)
    check_settings(layout.data)
    asking.restart(layout)
    show("Portico has restarted.")


@server.command("status")
def show_status(
    data: Data, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """Say which of the server's processes run; exit code 1 unless all do."""
    found = server_status.read(Layout(data.resolve()))
    if as_json:
        processes = [asdict(process) for process in found.processes]
        show_json({"url": found.url, "processes": processes})
    else:
        show(found.url if found.supervisor else f"No server runs on {data}.")
        rows = [(process.name, process.pid, process.state) for process in found.processes]
        show_table(("NAME", "PID", "STATE"), rows)
    if not found.all_run:
        raise typer.Exit(1)


@server.command()
def disk(
    data: Data, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """Show what apps, releases, environments, caches and stacks take on the disk."""
    layout = _own(data)
    _require_started(layout)
    found = measure(layout, as_web.environment(layout))
    if as_json:
        show_json(found)
    else:
        show_disk(found)


@server.command()
def token(
    data: Data,
    name: Annotated[str | None, typer.Option(help="What the token is called.")] = None,
) -> None:
    """Print a new token for the first administrator."""
    layout = _own(data)
    _require_started(layout)
    _as_web(layout, "token", *(("--name", name) if name else ()))


@server.command()
def invite(data: Data) -> None:
    """Print a link that makes the first administrator, good for one use."""
    layout = _own(data)
    _require_started(layout)
    _as_web(layout, "invite")


@server.command()
def rotate_key(data: Data) -> None:
    """Encrypt all secrets in the database with a new key, also while the server runs."""
    layout = _own(data)
    _require_started(layout)
    _as_web(layout, "rotate-key")


@server.command()
def test_mail(
    data: Data,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets it.")],
) -> None:
    """Send a mail, to see whether the settings mail_url and mail_from are right."""
    layout = _own(data)
    _require_started(layout)
    check_settings(layout.data)
    _as_web(layout, "test-mail", "--", address)


def _as_web(layout: Layout, *words: str) -> None:
    """A command of the control plane, as web's user and with web's settings; it says its result."""
    argv, environment = as_web.command(*words), as_web.environment(layout)
    done = subprocess.run(argv, env=environment, cwd="/", check=False)
    if done.returncode:
        raise typer.Exit(1)


def _require_started(layout: Layout) -> None:
    if not layout.web.is_dir():
        raise PorticoError(
            "This server has never been started.",
            f"There is nothing of a server in {layout.data}.",
            f"Start it with `portico server start --data {layout.data}`, then try again.",
        )


def _own(data: Path) -> Layout:
    """The layout of a data folder that exists and belongs to who asks."""
    layout = Layout(data.resolve())
    try:
        owner = layout.data.stat().st_uid
    except OSError as error:
        raise PorticoError(
            "There is no server's data there.",
            f"{data}: {error.strerror}.",
            "Say with --data where it lies, or start a server with `portico server start`.",
        ) from error
    if owner != os.geteuid():
        raise PorticoError(
            "This server belongs to another user.",
            f"{data} belongs to user {owner}; this command runs as user {os.geteuid()}.",
            "Run the command as that user, for example with sudo, or give another --data.",
        )
    return layout
