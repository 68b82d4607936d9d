"""What pyproject.toml says, for the forms that install from it or from a lock file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portico.builder import reading, trees
from portico.builder.requirements import is_public, normalised

NAME = "pyproject.toml"


def table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A table of a TOML document, empty when it is not there or something else."""
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def is_package(document: dict[str, Any]) -> bool:
    """Whether the project itself is installed, beside its dependencies (uv's own rule)."""
    declared = table(document, "tool", "uv").get("package")
    return declared if isinstance(declared, bool) else "build-system" in document


def is_poetrys_alone(document: dict[str, Any]) -> bool:
    """Whether nothing but poetry knows its packages: they are not in [project], and no package is made."""
    poetry = table(document, "tool", "poetry")
    is_silent = "dependencies" not in table(document, "project")
    return is_silent and "dependencies" in poetry and poetry.get("package-mode") is False


def names(document: dict[str, Any]) -> frozenset[str]:
    """What it asks for, by name; a project that is poetry's own may name it in poetry's table."""
    listed = (*dependencies(document), *table(document, "tool", "poetry", "dependencies"))
    return frozenset(map(normalised, listed))


def dependencies(document: dict[str, Any]) -> tuple[str, ...]:
    listed = table(document, "project").get("dependencies", [])
    return tuple(str(item) for item in listed) if isinstance(listed, list) else ()


def private_reason(document: dict[str, Any]) -> str:
    """Why an environment made of it belongs to the app alone, '' when it does not."""
    if is_package(document):
        return f"{NAME} makes the app itself a package"
    if table(document, "project").get("dynamic"):
        return f"{NAME} computes some of its fields"
    steering = table(document, "tool", "uv").keys() - {"package", "dev-dependencies"}
    if steering:
        return f"[tool.uv] in {NAME} steers the installer"
    private = [item for item in dependencies(document) if not is_public(item)]
    return (
        f"{NAME} asks for `{private[0].partition('@')[0].strip()[:60]}` from elsewhere"
        if private
        else ""
    )


def read(tree: Path) -> dict[str, Any]:
    return reading.toml(tree, NAME)


def decisive(tree: Path, document: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """The files that decide beside a lock file, and the digest of the rest, see `Dependencies`."""
    if not is_package(document):
        return (NAME,), ""
    named = (name for name in _dynamic_files(document) if (tree / name).is_file())
    files = dict.fromkeys((*trees.configuration(tree, "."), *named))
    return tuple(files), trees.packages(tree)


def default_groups(document: dict[str, Any]) -> tuple[str, ...]:
    """The dependency groups that uv would install without being asked, but for `dev`."""
    groups = table(document, "tool", "uv").get("default-groups")
    declared = table(document, "dependency-groups")
    named = list(declared) if groups == "all" else groups
    return tuple(g for g in named if g != "dev") if isinstance(named, list) else ()


def names_index(settings: dict[str, Any]) -> bool:
    """Whether settings of uv name another index instead of PyPI."""
    indexes = settings.get("index")
    listed = indexes if isinstance(indexes, list) else []
    return "index-url" in settings or any(
        isinstance(index, dict) and index.get("default") is True for index in listed
    )


def _dynamic_files(document: dict[str, Any]) -> Iterator[str]:
    """The files that setuptools reads a project's dependencies from."""
    for field in table(document, "tool", "setuptools", "dynamic").values():
        named = field.get("file") if isinstance(field, dict) else None
        for name in [named] if isinstance(named, str) else named or ():
            if isinstance(name, str) and ".." not in name and not name.startswith("/"):
                yield name
