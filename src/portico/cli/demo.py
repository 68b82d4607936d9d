"""`portico demo`: a server, the example on it, and nothing left of either afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

import portico
from portico.cli.output import show
from portico.errors import PorticoError
from portico.supervisor.programs import Commands
from portico.supervisor.request import Request

APP = "my-django-app"
EXAMPLE = "django-polls"
USUAL_PORT = 8000
CLI = (sys.executable, "-m", "portico.cli")
READY = "Portico is ready at "


def demo(
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT to listen on.", show_default="a free port")
    ] = None,
) -> None:
    """Start a server, deploy an example, follow its log until Ctrl-C, leave nothing."""
    _end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with contextlib.suppress(KeyboardInterrupt), _folder() as data:
        show(f"1. A server of its own, in {data.parent}; all of it is removed at the end.")
        with _server(data, listen or _free_address()) as url:
            environment = {**os.environ, "PORTICO_SERVER": url, "PORTICO_TOKEN": _token(data)}
            show(f"   {READY}{url}")
            _deploy(environment)
            _say_where_to_look(environment)
            show(f"4. The app's log, until Ctrl-C:\n   $ portico logs {APP} -f")
            _follow(environment)


def example() -> Path:
    """The example's folder, in a checkout or in an installed package."""
    package = Path(portico.__file__).resolve().parent
    packaged = package / "_examples" / EXAMPLE
    return packaged if packaged.is_dir() else package.parents[1] / "examples" / EXAMPLE


def _deploy(environment: Mapping[str, str]) -> None:
    show("2. A Django project becomes a running app, which everybody may open:")
    _type(environment, "deploy", str(example()), "--app", APP, "--yes")
    _type(environment, "access", APP, "public")


def _type(environment: Mapping[str, str], *words: str) -> None:
    show(f"   $ portico {' '.join(words)}")
    if subprocess.run((*CLI, *words), env=environment, check=False).returncode:
        raise typer.Exit(1)


def _say_where_to_look(environment: Mapping[str, str]) -> None:
    url, token = environment["PORTICO_SERVER"], environment["PORTICO_TOKEN"]
    show(f"3. Look at {url}/{APP}/ (the app) and {url}/ (the server). In another terminal:")
    show(f"   $ export PORTICO_SERVER={url} PORTICO_TOKEN={token}")
    show(f"   $ {Path(sys.prefix) / 'bin' / 'portico'} ps {APP}")


def _follow(environment: Mapping[str, str]) -> None:
    """In a process group of its own: Ctrl-C is this process's, which then ends it."""
    words = (*CLI, "logs", APP, "-f")
    subprocess.run(words, stdin=subprocess.DEVNULL, env=environment, check=False, process_group=0)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A data folder that the server's users can reach; removed with all that is in it."""
    folder = Path(tempfile.mkdtemp(prefix="portico-demo-"))
    folder.chmod(0o755)
    try:
        yield folder / "data"
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _server(data: Path, listen: str) -> Iterator[str]:
    """A running server's URL. It ends with this process, whatever becomes of that."""
    argv = (*Commands.supervisor, *Request(data, listen).words())
    process = subprocess.Popen(
        ("setpriv", "--pdeathsig", "TERM", "--", *argv),
        env=_server_environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is this process's, which ends the server in its turn
    )
    try:
        yield _await_ready(process)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        show("Stopping everything.")
        process.terminate()
        process.communicate()


def _server_environment() -> dict[str, str]:
    """Without the settings of another server, its database before all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTICO_")}
    kept.pop("DATABASE_URL", None)
    return kept


def _await_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - a pipe, as asked for
    for line in process.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
        show(f"   {line.rstrip()}")
    raise typer.Exit(1)  # the server has said why


def _token(data: Path) -> str:
    words = (*CLI, "server", "token", "--data", str(data))
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise PorticoError(
            "The demo got no token.",
            f"`portico server token` ended with exit code {done.returncode}.",
            "Read what it said above.",
        )
    return done.stdout.split()[-1]


def _free_address() -> str:
    for port in (USUAL_PORT, 0):
        with contextlib.suppress(OSError), socket.socket() as test:
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            test.bind(("127.0.0.1", port))
            test.listen(1)
            return f"127.0.0.1:{test.getsockname()[1]}"
    raise PorticoError(
        "There is no free port.",
        "Not one could be bound on 127.0.0.1.",
        "Name an address with --listen HOST:PORT.",
    )


def _end_on(*signals: signal.Signals) -> None:
    """Whoever ends the demo in another way than Ctrl-C means the same.

    SIGINT too: a shell starts what it puts into the background with SIGINT ignored.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for signum in signals:
        signal.signal(signum, interrupt)
