"""The build's log, as the author reads it. Fixed verbs: Using cached, Installing, Running."""

from __future__ import annotations


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
