"""The one place that changes the machine: does the steps that were decided."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatch
from pathlib import Path

from portico.errors import PorticoError
from portico.installation.places import complete
from portico.installation.steps import (
    AwaitReady,
    Link,
    MakeFolder,
    MakeVersion,
    Rehearse,
    Remove,
    RemoveEmpty,
    Restart,
    RestoreSettings,
    Run,
    Step,
    Stop,
    TakeBack,
    Tell,
    WriteFile,
)
from portico.installation.uv import uv
from portico.layout import Layout
from portico.supervisor import as_web, asking, status
from portico.sysctls import SYSCTL, restore

READY_SECONDS = 300.0
TOLERATED = (
    2  # processes that end while a new version starts: web has to wait for the old one's locks
)


def perform(steps: Iterable[Step], say: Callable[[str], None]) -> None:
    """One after the other, saying each. Whatever is done stays done when one fails."""
    for step in steps:
        say(f"{step}")
        try:
            do(step)
        except OSError as error:
            raise failed(step, f"{error.filename or step}: {error.strerror}.") from error


def failed(step: Step, found: str) -> PorticoError:
    return PorticoError(
        f"This could not be done: {step}",
        found,
        "Correct it, then run the same command again: it goes on where it has stopped.",
    )


@singledispatch
def do(step: Step) -> None:
    """One step. What each kind of them does stands below."""
    raise TypeError(f"Nothing below does {step!r}.")


@do.register
def _make_folder(step: MakeFolder) -> None:
    step.path.mkdir(exist_ok=True)
    step.path.chmod(step.mode)


@do.register
def _write_file(step: WriteFile) -> None:
    fresh = step.path.with_name(f".{step.path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(step.text)
    fresh.chmod(step.mode)
    fresh.replace(step.path)


@do.register
def _link(step: Link) -> None:
    fresh = step.path.with_name(f".{step.path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(step.target)
    fresh.replace(step.path)


@do.register
def _make_version(step: MakeVersion) -> None:
    """Readable for everybody, whatever this shell's umask is; marked when it is whole."""
    remove(step.folder)
    before = os.umask(0o022)
    try:
        uv("venv", "--quiet", "--no-python-downloads", "--python", step.python, step.folder)
        install = ("pip", "install", "--quiet", "--compile-bytecode")
        uv(*install, "--python", step.folder / "bin" / "python", *step.options, step.requirement)
        _require_portico(step)
        complete(step.folder).touch()
    finally:
        os.umask(before)


def _require_portico(step: MakeVersion) -> None:
    """Something else may have the same name in the index."""
    program = step.folder / "bin" / "portico"
    try:
        done = subprocess.run((program, "--version"), capture_output=True, text=True, check=False)
        found = done.stdout.strip() or done.stderr.strip()
    except OSError as error:
        found = f"{program}: {error.strerror}"
    if found != f"portico {step.folder.name}":
        raise PorticoError(
            f"What was installed is not Portico {step.folder.name}.",
            f"Its command says: {found}",
            "Say with --from where that version is.",
        )


@do.register
def _rehearse(step: Rehearse) -> None:
    """Also whether the parts that run later can be loaded at all."""
    python = str(step.folder / "bin" / "python")
    parts = "import portico.supervisor.supervisor, portico.agent.__main__"
    _checked((python, "-I", "-c", parts), None, step)
    layout = Layout(step.data)
    argv = as_web.command("rehearse", python=python)
    found = _checked(argv, as_web.environment(layout), step) if layout.web.is_dir() else "{}"
    do(WriteFile(step.notes, found))


@do.register
def _take_back(step: TakeBack) -> None:
    argv = as_web.command(
        "take-back", step.notes.read_text(), python=str(step.folder / "bin" / "python")
    )
    _checked(argv, as_web.environment(Layout(step.data)), step)


def _checked(argv: tuple[str, ...], environment: Mapping[str, str] | None, step: Step) -> str:
    done = subprocess.run(
        argv, env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise failed(step, done.stderr.strip() or f"Exit code {done.returncode}.")
    return done.stdout


@do.register
def _restart(step: Restart) -> None:
    layout = Layout(step.data)
    asking.restart(layout, failures=TOLERATED)
    if (found := status.read(layout).version) != step.version:
        raise PorticoError(
            f"The server has not become {step.version}.",
            f"It goes on as {found}: it was not started as the installed version.",
            "Stop it, start it by the installed command, then try again.",
        )


@do.register
def _run(step: Run) -> None:
    _checked(step.argv, None, step)


@do.register
def _await_ready(step: AwaitReady) -> None:
    asking.await_ready(Layout(step.data), READY_SECONDS)


@do.register
def _stop(step: Stop) -> None:
    asking.stop(Layout(step.data))


@do.register
def _restore_settings(step: RestoreSettings) -> None:
    restore(SYSCTL, step.file)


@do.register
def _remove(step: Remove) -> None:
    remove(step.path)


@do.register
def _remove_empty(step: RemoveEmpty) -> None:
    with contextlib.suppress(OSError):
        step.path.rmdir()


@do.register
def _tell(step: Tell) -> None:
    """Saying it was all."""


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
