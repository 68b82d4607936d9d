"""Which Python an app wants, and which there are."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portico.builder import reading
from portico.builder.order import Places
from portico.errors import PorticoError

Version = tuple[int, ...]

# What is installed when the machine has no Python of its own in /usr.
FALLBACK: Version = (3, 12)
_EXACT = re.compile(r"(?:python|cpython)?[-@ ]?(3\.\d{1,2}(?:\.\d{1,2})?)", re.IGNORECASE)
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?")
_MINORS = range(8, 20)


@dataclass(frozen=True)
class Interpreter:
    version: Version
    path: Path


@dataclass(frozen=True)
class Wanted:
    """`version` when a file names one, else `specifier`, such as `>=3.11,<3.13`."""

    file: str
    version: Version | None = None
    specifier: str = ""


def wanted(tree: Path) -> Wanted | None:
    """What the app's files say, the first that says something."""
    for name in (".python-version", "runtime.txt"):
        if (tree / name).is_file():
            return Wanted(name, _named(name, reading.text(tree, name)))
    if (tree / "pyproject.toml").is_file():
        project = reading.toml(tree, "pyproject.toml").get("project")
        specifier = project.get("requires-python") if isinstance(project, dict) else None
        if isinstance(specifier, str) and specifier.strip():
            _clauses(specifier)
            return Wanted("pyproject.toml", specifier=specifier.strip())
    return None


def choose(want: Wanted | None, there: list[Interpreter]) -> str:
    """The version to use, `3.11` or `3.12.4`. It may have to be installed first."""
    default = there[0].version[:2] if there else FALLBACK
    if want is None:
        return _text(default)
    if want.version:
        return _text(want.version)
    return _text(_satisfying(want, default, there))


def find(version: str, there: list[Interpreter]) -> Interpreter | None:
    """The interpreter of that version, an exact one or any of a minor version."""
    parts = _version(version)
    matching = [i for i in there if i.version[: len(parts)] == parts]
    return matching[0] if matching else None


def interpreters(places: Places) -> list[Interpreter]:
    """The system's first, its default one before all, then those that Portico has installed."""
    found = []
    for folder in places.interpreters:
        default = (folder / "python3").resolve().name
        names = [p for p in folder.glob("python3.*") if re.fullmatch(r"python3\.\d+", p.name)]
        found += sorted(names, key=lambda p: (p.name != default, -int(p.name.split(".")[1])))
    installed = sorted(places.pythons.glob("cpython-3.*/bin/python3.[0-9]*"))
    found += [p for p in installed if re.fullmatch(r"python3\.\d+", p.name)]
    return [Interpreter(version, path) for path in found if (version := _ask(path))]


def unavailable(version: str, there: list[Interpreter], reason: str) -> PorticoError:
    """The error for a version that is not there and cannot be installed."""
    names = sorted({_text(i.version[:2]) for i in there}, key=_version)
    return PorticoError(
        f"Python {version} is not available.",
        f"This server has {_listed(names)}. Installing {version} failed: {reason}.",
        f"Write one that is there into .python-version{f', such as {names[-1]}' if names else ''}, "
        f"or ask the operator to install Python {version}.",
    )


def _named(name: str, text: str) -> Version:
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    match = _EXACT.fullmatch(lines[0]) if len(lines) == 1 else None
    if match:
        return _version(match[1])
    found = " and ".join(f"`{line[:40]}`" for line in lines[:3]) or "nothing"
    raise PorticoError(
        f"{name} does not name a Python version.",
        f"It says {found}.",
        "Write one line such as 3.11 or 3.11.9.",
    )


def _clauses(specifier: str) -> list[tuple[str, Version, bool]]:
    clauses = []
    for part in filter(None, (part.strip() for part in specifier.split(","))):
        match = _CLAUSE.fullmatch(part)
        if not match:
            raise PorticoError(
                "requires-python in pyproject.toml cannot be understood.",
                f"It says `{specifier[:80]}`.",
                "Write one such as `>=3.11`.",
            )
        clauses.append((match[1], _version(match[2]), bool(match[3])))
    return clauses


def _satisfying(want: Wanted, default: Version, there: list[Interpreter]) -> Version:
    """The default if it fits, else one that is there, else the nearest one to install."""
    clauses = _clauses(want.specifier)
    minors = [(3, minor) for minor in _MINORS]
    later = [m for m in minors if m > default]
    earlier = [m for m in reversed(minors) if m < default]
    present = [i.version[:2] for i in there]
    for candidate in (default, *present, *later, *earlier):
        if all(_fits(candidate, *clause) for clause in clauses):
            return candidate
    raise PorticoError(
        "No Python fits this app.",
        f"requires-python in pyproject.toml says `{want.specifier[:80]}`.",
        "Write one such as `>=3.11`.",
    )


def _fits(minor: Version, operator: str, bound: Version, wildcard: bool) -> bool:
    """Whether some patch release of a minor version fits a clause."""
    short = bound[:2]
    match operator:
        case ">=" | ">":
            return minor >= short if operator == ">=" or len(bound) > 2 else minor > short
        case "<" | "<=":
            above = minor > short or (operator == "<" and minor == short and len(bound) <= 2)
            return not above
        case "~=":
            return minor >= short and (minor == short or len(bound) == 2)
        case "!=":
            return not (minor == short and (wildcard or len(bound) == 2))
    return minor[: len(short)] == short


def _ask(path: Path) -> Version | None:
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
