"""The build's log, as the author reads it. Fixed verbs: Using cached, Building, Installing, Running.

Each layer of a build (app files, Python, environment, static files, ...) says once whether it is
taken from a cache, or else why it is made. The words for that are pure: the agent says some of them.
"""

from __future__ import annotations

from collections.abc import Sequence

NO_CACHE = "--no-cache was given"


def using_cached(layer: str) -> str:
    """That a layer is there already."""
    return f"Using cached {layer}"


def building(layer: str, reasons: Sequence[str] = ()) -> str:
    """That a layer is made, and why the one of the last build does not do."""
    return f"Building {layer} because {_joined(reasons)}" if reasons else f"Building {layer}"


def changed(what: str, before: str, now: str) -> str:
    """A reason for building."""
    return f"{what} changed from {before} to {now}"


def step(line: str) -> None:
    """Say what is being done."""
    print(line, flush=True)


def output(line: str) -> None:
    """Pass on a line of a tool, set off from the build's own."""
    print(f"    {line}", flush=True)


def warning(text: str) -> None:
    """Say what the author should look at."""
    first, *rest = text.splitlines()
    print("\n".join([f"Warning: {first}", *(f"    {line}" for line in rest)]), flush=True)


def _joined(reasons: Sequence[str]) -> str:
    *first, last = reasons
    return f"{', '.join(first)} and {last}" if first else last
