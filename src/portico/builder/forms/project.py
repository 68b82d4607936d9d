"""What pyproject.toml says, for the forms that install from it or from a lock file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portico.builder import reading, trees
from portico.builder.requirements import is_public

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
    return trees.configuration(tree, "."), trees.packages(tree)
