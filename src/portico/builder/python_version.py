"""Which Python an app wants, and which there are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portico.builder import reading, specifiers
from portico.builder.findings import Located
from portico.builder.order import Places
from portico.builder.specifiers import Version
from portico.errors import PorticoError

# What is installed when the machine has no Python of its own in /usr.
FALLBACK: Version = (3, 12)
PYTHON_FILES = (".python-version", "runtime.txt")
_EXACT = re.compile(r"(?:python|cpython)?[-@ ]?(3\.\d{1,2}(?:\.\d{1,2})?)", re.IGNORECASE)
_NAME = re.compile(r"python3\.\d+")
_MINORS = range(8, 20)
STACK_PYTHON = Path("/usr/bin/python3")
# Where a range of versions may stand, after the files that name one.
_FIELDS = (
    ("pyproject.toml", ("project", "requires-python")),
    ("pyproject.toml", ("tool", "poetry", "dependencies", "python")),
    ("pylock.toml", ("requires-python",)),
    ("Pipfile", ("requires", "python_full_version")),
    ("Pipfile", ("requires", "python_version")),
)


@dataclass(frozen=True)
class Interpreter:
    version: Version
    path: Path


@dataclass(frozen=True)
class Wanted:
    """`version` when a file names one, else `specifier`, such as `>=3.11,<3.13`, in a `field`."""

    file: str
    version: Version | None = None
    specifier: str = ""
    field: str = ""
    line: int | None = None


def wanted(tree: Path) -> Wanted | None:
    """What the app's files say, the first that says something."""
    for name in PYTHON_FILES:
        if (tree / name).is_file():
            return Wanted(name, _named(name, reading.text(tree, name)))
    return next(_ranges(tree), None)


def _ranges(tree: Path) -> Iterator[Wanted]:
    for file, keys in _FIELDS:
        if not (tree / file).is_file():
            continue
        value: Any = reading.toml(tree, file)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        # Poetry allows a table there.
        written = value.get("version") if isinstance(value, dict) else value
        if isinstance(written, str) and written.strip():
            line = _line(tree, file, keys[-1])
            found = Wanted(file, specifier=written.strip(), field=_field(keys), line=line)
            _understood(found)
            yield found


def _line(tree: Path, file: str, key: str) -> int | None:
    written = re.compile(rf'\s*"?{key}"?\s*=')
    lines = enumerate(reading.text(tree, file).splitlines(), start=1)
    return next((number for number, line in lines if written.match(line)), None)


def _field(keys: tuple[str, ...]) -> str:
    *table, key = keys
    return f"{key} in [{'.'.join(table)}]" if table[:1] not in ([], ["project"]) else key


def choose(want: Wanted | None, there: list[Interpreter]) -> str:
    """The version to use, `3.11` or `3.12.4`. It may have to be installed first."""
    default = there[0].version[:2] if there else FALLBACK
    if want is None:
        return _text(default)
    return _text(want.version or _satisfying(want, default, there))


def find(version: str, there: list[Interpreter]) -> Interpreter | None:
    """The interpreter of that version, an exact one or any of a minor version."""
    parts = _version(version)
    matching = [i for i in there if i.version[: len(parts)] == parts]
    return matching[0] if matching else None


def interpreters(places: Places, stack: str = "") -> list[Interpreter]:
    """The system's first, its default one before all, then those that Portico has installed.

    `stack` is the version of the system's, where that is another one than the one asked here.
    """
    if stack:
        system = [Interpreter(_version(stack), STACK_PYTHON)]
    else:
        system = _asked(path for folder in places.interpreters for path in _by_name(folder))
    installed = sorted(places.pythons.glob("cpython-3.*/bin/python3.[0-9]*"))
    return [*system, *_asked(p for p in installed if _NAME.fullmatch(p.name))]


def _by_name(folder: Path) -> list[Path]:
    default = (folder / "python3").resolve().name
    found = [path for path in folder.glob("python3.*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda p: (p.name != default, -int(p.name.split(".")[1])))


def _asked(paths: Iterable[Path]) -> list[Interpreter]:
    return [Interpreter(version, path) for path in paths if (version := _ask(path))]


def unavailable(version: str, there: list[Interpreter], reason: str) -> PorticoError:
    """The error for a version that is not there and cannot be installed."""
    names = [_text(version) for version in sorted({i.version for i in there})]
    minor = f", such as {_text(max(there, key=lambda i: i.version).version[:2])}" if there else ""
    return PorticoError(
        f"Python {version} is not available.",
        f"This server has {_listed(names)}. Installing {version} failed: {reason}.",
        f"Write one that is there into .python-version{minor}, "
        f"or ask the operator to install Python {version}.",
    )


def _named(name: str, text: str) -> Version:
    written = {n: line.strip() for n, line in enumerate(text.splitlines(), start=1)}
    kept = {n: line for n, line in written.items() if line and not line.startswith("#")}
    lines = list(kept.values())
    match = _EXACT.fullmatch(lines[0]) if len(lines) == 1 else None
    if match:
        return _version(match[1])
    found = " and ".join(f"`{line[:40]}`" for line in lines[:3]) or "nothing"
    raise Located(
        name,
        next(iter(kept), None),
        f"{name} does not name a Python version.",
        f"It says {found}.",
        "Write one line such as 3.11 or 3.11.9.",
    )


def _understood(want: Wanted) -> specifiers.Specifier:
    specifier = specifiers.parse(want.specifier)
    if specifier is None:
        raise Located(
            want.file,
            want.line,
            f"{want.field} of {want.file} cannot be understood.",
            f"It says `{want.specifier[:80]}`.",
            "Write one such as `>=3.11`.",
        )
    return specifier


def _satisfying(want: Wanted, default: Version, there: list[Interpreter]) -> Version:
    """The first that is there and fits, the default before all, else the nearest to install."""
    specifier = _understood(want)
    for interpreter in there:
        if specifiers.fits(interpreter.version, specifier):
            minor = interpreter.version[:2]
            is_first = find(_text(minor), there) == interpreter
            return minor if is_first else interpreter.version
    present = {interpreter.version[:2] for interpreter in there}
    minors = [(3, minor) for minor in _MINORS]
    later = [minor for minor in minors if minor >= default]
    earlier = [minor for minor in reversed(minors) if minor < default]
    fitting = [m for m in (*later, *earlier) if specifiers.may_fit(m, specifier)]
    # Of a minor version that is there, the patch release does not fit: it would be found again.
    absent = [minor for minor in fitting if minor not in present]
    if found := next(iter([*absent, *_bounds(specifier, present)]), None):
        return found
    raise PorticoError(
        "No Python fits this app.",
        f"{want.field} of {want.file} says `{want.specifier[:80]}`.",
        "Write one such as `>=3.11`.",
    )


def _bounds(specifier: specifiers.Specifier, minors: set[Version]) -> Iterator[Version]:
    """The exact releases that a range names, of these minor versions."""
    for clause in (clause for clauses in specifier for clause in clauses):
        if clause.bound[:2] in minors and specifiers.fits(clause.bound, specifier):
            yield clause.bound


def _ask(path: Path) -> Version | None:
    if path.resolve() == Path(sys.executable).resolve():
        return tuple(sys.version_info[:3])
    program = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    answer = subprocess.run(
        [path, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    return _version(answer.stdout.strip()) if answer.returncode == 0 else None


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)


def _listed(names: list[str]) -> str:
    return f"Python {' and '.join(names)}" if names else "no Python"
