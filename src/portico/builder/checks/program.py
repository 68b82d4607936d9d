"""A program that the web line starts by itself: the port that it takes, its debug mode."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from portico.builder import reading
from portico.builder.checks.commands import script
from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity
from portico.errors import PorticoError

_RUNS = {"run", "run_server"}
_FLASK_PORT = 5000  # what Flask's own server takes that is told none


def started_by_hand(source: Source) -> Iterator[Finding]:
    file = script(source.processes.processes.get("web", "")) if source.processes else None
    tree = _parsed(source, file) if file else None
    if file and tree:
        flasks = _flasks(tree)
        for call in _runs(tree):
            yield from _port(file, call, flasks)
            yield from _debug(file, call)


def _parsed(source: Source, file: str) -> ast.Module | None:
    try:
        return ast.parse(reading.text(source.folder, file))
    except (PorticoError, SyntaxError, ValueError, RecursionError):
        return None


def _runs(tree: ast.Module) -> list[ast.Call]:
    """`app.run(...)`, `uvicorn.run(...)` and their kin."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in _RUNS
        and isinstance(call.func.value, ast.Name)
    ]


def _flasks(tree: ast.Module) -> set[str]:
    """The names of what is made by `Flask(...)`."""
    made = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {
        target.id
        for node in made
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("Flask")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _port(file: str, call: ast.Call, flasks: set[str]) -> Iterator[Finding]:
    port = _said(call, "port")
    is_silent = not call.args and not {"port", None} & {word.arg for word in call.keywords}
    if is_silent and ast.unparse(call.func).partition(".")[0] in flasks:
        port = _FLASK_PORT
    if type(port) is int:
        yield Finding(
            Severity.WARNING,
            file,
            call.lineno,
            f"It listens on port {port}, not on the one in the variable PORT, so nothing reaches it.",
            'import os  # at the top of the file\nport=int(os.environ.get("PORT", '
            f"{port})),  # in the call of {ast.unparse(call.func)}",
        )


def _debug(file: str, call: ast.Call) -> Iterator[Finding]:
    if _said(call, "debug") is True:
        yield Finding(
            Severity.WARNING,
            file,
            call.lineno,
            "debug=True shows viewers the app's code, and a console, when something fails.",
            'import os  # at the top of the file\ndebug="PORTICO_APP_NAME" not in os.environ,'
            f"  # in the call of {ast.unparse(call.func)}",
        )


def _said(call: ast.Call, name: str) -> object:
    """The value of an argument that is written as a constant."""
    values = (word.value for word in call.keywords if word.arg == name)
    return next((value.value for value in values if isinstance(value, ast.Constant)), None)
