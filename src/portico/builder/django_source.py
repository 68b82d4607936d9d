"""Reads a Django project's settings and routes as text: nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portico.builder import reading
from portico.builder.proposals import settings_module
from portico.errors import PorticoError

_MOST_FILES = 20


@dataclass(frozen=True)
class Assigned:
    """A setting as it is written, the last time in the file."""

    file: str
    line: int
    value: ast.expr


@dataclass(frozen=True)
class WsgiSource:
    """The WSGI module; `line` is where it assigns the application."""

    file: str
    line: int | None
    whitenoise: bool


@dataclass(frozen=True)
class SettingsSource:
    file: str
    settings: dict[str, Assigned]
    imports_os: bool
    wsgi: WsgiSource | None = None

    def place(self, name: str) -> tuple[str, int | None]:
        """File and line of a setting; of the settings file as a whole when it has none."""
        found = self.settings.get(name)
        return (found.file, found.line) if found else (self.file, None)


@dataclass(frozen=True)
class Route:
    """A `path()` of the root urlpatterns; `text` is None when it is computed."""

    file: str
    line: int
    text: str | None


def read_settings(tree: Path) -> SettingsSource | None:
    """The settings that manage.py names, with those that they import whole."""
    module = settings_module(tree)
    file = _file_of(tree, module) if module else None
    if not file:
        return None
    settings: dict[str, Assigned] = {}
    files = _read_into(settings, tree, file, set())
    return SettingsSource(file, settings, "os" in files, _wsgi(tree, settings))


def read_routes(tree: Path, source: SettingsSource) -> list[Route]:
    """The routes of ROOT_URLCONF as far as it is a plain list."""
    root = source.settings.get("ROOT_URLCONF")
    module = text_of(root.value) if root else None
    file = _file_of(tree, module) if module else None
    parsed = _parsed(tree, file) if file else None
    if not file or not parsed:
        return []
    return [
        Route(file, call.lineno, text_of(call.args[0]))
        for node in parsed.body
        if isinstance(node, ast.Assign) and _names(node) == ["urlpatterns"]
        for call in ast.walk(node.value)
        if isinstance(call, ast.Call) and _called(call) == "path" and call.args
    ]


def text_of(value: ast.expr) -> str | None:
    """A literal string, None for anything else."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return None


def texts_of(value: ast.expr) -> tuple[str, ...] | None:
    """A literal list of strings."""
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    texts = [text_of(item) for item in value.elts]
    return None if None in texts else tuple(text for text in texts if text is not None)


def _wsgi(tree: Path, settings: dict[str, Assigned]) -> WsgiSource | None:
    setting = settings.get("WSGI_APPLICATION")
    module = (text_of(setting.value) or "").rpartition(".")[0] if setting else ""
    file = _file_of(tree, module) if module else None
    parsed = _parsed(tree, file) if file else None
    if not file or not parsed:
        return None
    assigned = [
        node.lineno
        for node in parsed.body
        if isinstance(node, ast.Assign) and "application" in _names(node)
    ]
    line = assigned[-1] if assigned else None
    return WsgiSource(file, line, "whitenoise" in ast.unparse(parsed).lower())


def _read_into(settings: dict[str, Assigned], tree: Path, file: str, seen: set[str]) -> set[str]:
    """Fill in a file's settings. Answers the modules that it imports."""
    parsed = _parsed(tree, file)
    if parsed is None or file in seen or len(seen) > _MOST_FILES:
        return set()
    seen.add(file)
    imported: set[str] = set()
    for node in _statements(parsed.body):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            if base := _star_file(tree, file, node):
                _read_into(settings, tree, base, seen)
        elif isinstance(node, ast.Assign):
            for name in _names(node):
                settings[name] = Assigned(file, node.lineno, node.value)
    return imported


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.Try):
            yield from _statements(node.body)
        else:
            yield node


def _star_file(tree: Path, file: str, node: ast.ImportFrom) -> str | None:
    if not node.level:
        return _file_of(tree, node.module) if node.module else None
    package = Path(file).parts[: -node.level]
    return _file_of(tree, ".".join([*package, *(node.module or "").split(".")]).strip("."))


def _file_of(tree: Path, module: str) -> str | None:
    base = module.replace(".", "/")
    candidates = (f"{base}.py", f"{base}/__init__.py")
    return next((name for name in candidates if (tree / name).is_file()), None)


def _parsed(tree: Path, file: str) -> ast.Module | None:
    try:
        return ast.parse(reading.text(tree, file))
    except (SyntaxError, ValueError, RecursionError, MemoryError, PorticoError):
        return None


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
