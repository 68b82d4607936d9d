"""A command of the author's behind `--`, kept apart from this one's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand

from portico.errors import PorticoError


class WithTail(TyperCommand):
    """Keeps what stands behind the first `--`; Typer would mix it with what stands before."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        head, tail = split(args)
        ctx.obj = tail
        return super().parse_args(ctx, head)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND..."]


@dataclass(frozen=True)
class Order:
    app: str | None
    process: str | None
    command: tuple[str, ...]


def split(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    if "--" not in words:
        return words, ()
    at = words.index("--")
    return words[:at], tuple(words[at + 1 :])


def parsed(verb: str, words: tuple[str, ...], app: str | None, command: Any) -> Order:
    """`words` are an app and, for exec, a process; only the latter has a dot in its name."""
    if not command:
        raise PorticoError(
            "No command was given.",
            "The app's command stands behind two hyphens, all of it.",
            f"For example `portico {verb} {words[0] if words else 'my-app'} -- python --version`.",
        )
    processes = [word for word in words if "." in word and verb == "exec"]
    apps = [word for word in words if word not in processes]
    if len(processes) > 1 or len(apps) + (app is not None) > 1:
        takes = "an app and a process" if verb == "exec" else "an app"
        raise PorticoError(
            f"`portico {verb}` takes {takes} before the two hyphens.",
            f"It was given: {' '.join(words)}.",
            f"For example `portico {verb} my-app -- {' '.join(command)}`.",
        )
    return Order(app or next(iter(apps), None), next(iter(processes), None), command)
