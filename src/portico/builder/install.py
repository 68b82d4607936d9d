"""The second step: make the environment that a key describes.

For a shared environment it runs as the shared builder, which never runs code of an app or of a
package; for one of the app's own it runs as the app.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from portico.builder import bytecode, log
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.detect import CONDA, form
from portico.builder.keys import Unshareable, check_files, stopped
from portico.builder.order import (
    MARKER,
    Installed,
    InstallOrder,
    Places,
    PythonInstalled,
    PythonOrder,
)
from portico.builder.python_version import Interpreter, find, interpreters, unavailable
from portico.builder.uv import Uv, UvError, explained


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
        return _made(order, environment)


def _made(order: InstallOrder, environment: Path) -> Installed:
    places, key = order.places, order.key
    uv = Uv(places, environment, shared=key.owner is None, refresh=order.refresh)
    log.step(f"Installing the packages of {key.form} for Python {key.python}")
    try:
        _begin(uv, key)
        form(key.form).install(uv, places.app)
    except Unshareable as reason:
        _discard(environment)
        return Installed(without_wheel=str(reason))
    except UvError as error:
        _discard(environment)
        if uv.shared and error.no_wheel:
            return Installed(without_wheel=_reason(error))
        raise explained(error, key.form) from None
    except BaseException:
        _discard(environment)
        raise
    # What makes a conda environment sees nothing of what apps share but that environment.
    bytecode.compile_packages(environment, None if key.form == CONDA else places.bytecode)
    (environment / MARKER).touch()
    return Installed()


def _begin(uv: Uv, key: EnvironmentKey) -> None:
    """An empty environment, or one of conda packages, which bring their Python."""
    if key.form == CONDA:
        import_module("portico.builder.conda.linking").link(uv.places, key, uv.environment)
    else:
        uv.make(_interpreter(key.python, uv.places).path)


def _check_order(tree: Path, key: EnvironmentKey) -> None:
    """The key came by way of a process that read the author's files: it is not believed."""
    check_files(tree, key)
    if key.owner is None and form(key.form).read(tree).private:
        raise stopped(f"{key.form} is not the file that was read before.")


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
    """All that is in it; the folder itself may be a mount of the sandbox's, and stays then."""
    for entry in environment.iterdir() if environment.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    with suppress(OSError):
        environment.rmdir()


def _interpreter(version: str, places: Places) -> Interpreter:
    there = interpreters(places)
    if found := find(version, there):
        return found
    raise unavailable(version, there, "it is gone")


def _cause(error: UvError) -> str:
    causes = [line.partition("cause: ")[2] for line in error.lines if "cause: " in line]
    last = error.lines[-1] if error.lines else "uv gave no reason"
    return (causes[-1] if causes else last).removeprefix("error: ").strip().rstrip(".")


def _text(interpreter: Interpreter) -> str:
    return ".".join(str(part) for part in interpreter.version)


def _reason(error: UvError) -> str:
    line = next((line for line in error.lines if "wheel" in line), error.lines[-1])
    return line.strip().removeprefix("cause: ")[:300]
