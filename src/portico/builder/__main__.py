"""Runs one build step: `python -m portico.builder <step>`, the order as JSON on stdin."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from portico.builder.encoding import decode, encode
from portico.builder.order import (
    DISK_FULL,
    AptOrder,
    FetchOrder,
    FinishOrder,
    InstallOrder,
    InterpreterOrder,
    PrepareOrder,
    PythonOrder,
    StackOrder,
)
from portico.errors import PorticoError

Order = (
    PrepareOrder
    | StackOrder
    | AptOrder
    | InterpreterOrder
    | PythonOrder
    | FetchOrder
    | InstallOrder
    | FinishOrder
)
STEPS: dict[str, tuple[type[Any], str]] = {
    "prepare": (PrepareOrder, "portico.builder.prepare:prepare"),
    "stack": (StackOrder, "portico.builder.apt.stack:make"),
    "apt": (AptOrder, "portico.builder.apt.layer:install"),
    "interpreter": (InterpreterOrder, "portico.builder.interpreter:choose_interpreter"),
    "python": (PythonOrder, "portico.builder.install:install_python"),
    "fetch": (FetchOrder, "portico.builder.conda.fetching:fetch"),
    "install": (InstallOrder, "portico.builder.install:install"),
    "finish": (FinishOrder, "portico.builder.finish:finish"),
}
RESULT = "result.json"
PROXY = Path("/run/portico/proxy.sock")
RELAY = "portico.builder.relay:start"  # most steps do without, and without what it imports


def main() -> None:
    """Entry point; the exit code is 0 for an answer, 1 for a problem, else there is no document."""
    # Files that a step makes are read by the app and by the shared builder, whoever made them.
    os.umask(0o022)
    if PROXY.is_socket():  # this step has a network
        _function(RELAY)(PROXY)
    kind, function = STEPS[sys.argv[1]]
    order = decode(kind, sys.stdin.read())
    document = _carried_out(_function(function), order)
    try:
        _write(order.places.out, document)
    except OSError as error:
        if not _is_full(error):
            raise
        _end(DISK_FULL)
    _end(1 if "problem" in document else 0)


def _end(code: int) -> NoReturn:
    """rattler's threads do not survive the interpreter's own end: they make it crash."""
    sys.stdout.flush()
    if "rattler" in sys.modules:
        os._exit(code)
    sys.exit(code)


def _function(name: str) -> Callable[[Any], Any]:
    module, _, attribute = name.partition(":")
    function: Callable[[Any], Any] = getattr(import_module(module), attribute)
    return function


def _carried_out(step: Callable[[Any], Any], order: Order) -> dict[str, Any]:
    try:
        return {"answer": json.loads(encode(step(order)))}
    except PorticoError as error:
        return {"problem": error.as_dict()}
    except OSError as error:
        if not _is_full(error):
            raise
        return {"problem": disk_full(error).as_dict()}


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def disk_full(error: OSError) -> PorticoError:
    """The same words wherever in a build the disk turns out to be full."""
    return PorticoError(
        "The server's disk is full.",
        f"The build could not write: {error.strerror}.",
        "Ask the operator to free space; nothing of this build was kept.",
    )


def _write(folder: Path, document: dict[str, Any]) -> None:
    (folder / RESULT).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
