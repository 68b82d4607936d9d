"""The second step: make the environment that a key describes.

For a shared environment it runs as the shared builder, which never runs code of an app or of a
package; for one of the app's own it runs as the app.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.builder import log, reading
from portico.builder.detect import form
from portico.builder.order import (
    MARKER,
    EnvironmentKey,
    Installed,
    InstallOrder,
    Places,
    PythonInstalled,
    PythonOrder,
)
from portico.builder.python_version import Interpreter, find, interpreters, unavailable
from portico.builder.uv import Uv, UvError, explained
from portico.errors import PorticoError


def install_python(order: PythonOrder) -> PythonInstalled:
    """Install a Python into the shared folder, unless it is there by now."""
    places, version = order.places, order.version
    there = interpreters(places)
    if found := find(version, there):
        return PythonInstalled(_text(found))
    log.step(f"Installing Python {version}, which this server does not have yet")
    uv = Uv(places, places.py, shared=True)
    reason = "it did not appear"
    try:
        uv.run("python", "install", "--no-bin", version, extra={"UV_PYTHON_DOWNLOADS": "manual"})
    except UvError as error:
        reason = _cause(error)
    if found := find(version, interpreters(places)):
        return PythonInstalled(_text(found))
    raise unavailable(version, there, reason)


def install(order: InstallOrder) -> Installed:
    """Make it, unless somebody else just has. Raises PorticoError."""
    places, key = order.places, order.key
    _check_order(places.app, key)
    environment = places.environment(key.digest())
    environment.parent.mkdir(parents=True, exist_ok=True)
    with _alone(environment):
        if (environment / MARKER).is_file():
            log.step(log.using_cached("environment that another build has just made"))
            return Installed()
        _discard(environment)
        return _made(places, key, environment)


def _made(places: Places, key: EnvironmentKey, environment: Path) -> Installed:
    uv = Uv(places, environment, shared=key.owner is None)
    interpreter = _interpreter(key.python, places)
    log.step(f"Installing the packages of {key.form} for Python {key.python}")
    try:
        uv.make(interpreter.path)
        form(key.form).install(uv, places.app)
    except UvError as error:
        _discard(environment)
        if uv.shared and error.no_wheel:
            return Installed(without_wheel=_reason(error))
        raise explained(error, key.form) from None
    except BaseException:
        _discard(environment)
        raise
    _compile(environment)
    (environment / MARKER).touch()
    return Installed()


def _check_order(tree: Path, key: EnvironmentKey) -> None:
    """The key came by way of a process that read the author's files: it is not believed."""
    changed = [name for name, digest in key.files if reading.sha256(tree, name) != digest]
    if changed or (key.owner is None and form(key.form).read(tree).private):
        raise PorticoError(
            "The build was stopped.",
            f"{changed[0] if changed else key.form} is not the file that was read before.",
            "Deploy again.",
        )


@contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Hold the environment's lock; two builds may want the same one at once.

    A virtual environment cannot be made under another name and moved: its scripts hold its path.
    """
    descriptor = os.open(environment.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _discard(environment: Path) -> None:
    if environment.exists():
        shutil.rmtree(environment)


def _interpreter(version: str, places: Places) -> Interpreter:
    there = interpreters(places)
    if found := find(version, there):
        return found
    raise unavailable(version, there, "it is gone")


def _compile(environment: Path) -> None:
    """Byte-compile it. -I -S: uv's own compile step would run what a wheel put into a .pth file."""
    python = environment / "bin" / "python"
    for packages in environment.glob("lib/python3.*/site-packages"):
        subprocess.run(
            [python, "-I", "-S", "-m", "compileall", "-q", "-j", "0", packages],
            stdout=subprocess.DEVNULL,  # templates of packages need not be valid Python
            stderr=subprocess.DEVNULL,
            check=False,
        )


def _cause(error: UvError) -> str:
    causes = [line.partition("cause: ")[2] for line in error.lines if "cause: " in line]
    last = error.lines[-1] if error.lines else "uv gave no reason"
    return (causes[-1] if causes else last).removeprefix("error: ").strip().rstrip(".")


def _text(interpreter: Interpreter) -> str:
    return ".".join(str(part) for part in interpreter.version)


def _reason(error: UvError) -> str:
    line = next((line for line in error.lines if "wheel" in line), error.lines[-1])
    return line.strip().removeprefix("cause: ")[:300]
