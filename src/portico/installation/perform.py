"""The one place that changes the machine: does the steps that were decided."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import singledispatch
from pathlib import Path

from portico.errors import PorticoError
from portico.installation.places import complete
from portico.installation.steps import (
    AwaitReady,
    Link,
    MakeFolder,
    MakeVersion,
    Remove,
    RemoveEmpty,
    RestoreSettings,
    Run,
    Step,
    Stop,
    Tell,
    WriteFile,
)
from portico.installation.uv import uv
from portico.layout import Layout
from portico.supervisor import asking
from portico.sysctls import SYSCTL, restore

READY_SECONDS = 300.0


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
    raise NotImplementedError(step)


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
        complete(step.folder).touch()
    finally:
        os.umask(before)


@do.register
def _run(step: Run) -> None:
    done = subprocess.run(step.argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise failed(step, done.stderr.strip() or f"Exit code {done.returncode}.")


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
