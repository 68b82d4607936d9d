"""What a process has met, in three parts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portico.wire import Problem, ProcessReport

if TYPE_CHECKING:
    from portico.control.models import App


def crashed(app: App, process: ProcessReport) -> Problem:
    how = process.last_exit or "ended, nobody knows how"
    return Problem(
        title=f"{process.name} of {app.name} crashes again and again.",
        detail=f"After {process.restarts} restarts of v{process.release} it {_sentence(how)}",
        hint=f"Read what it wrote: portico logs {app.name} --process {process.name}. It is started "
        f"again, with pauses that grow to a minute. An older release comes back with "
        f"portico rollback {app.name}",
    )


def out_of_memory(app: App, process: ProcessReport) -> Problem:
    """The agent's words say how much there was, and behind a semicolon how to have more."""
    found, _, way_out = (process.last_exit or "").partition("; ")
    return Problem(
        title=f"{process.name} of {app.name} was stopped for its memory.",
        detail=f"It runs v{process.release}, and {_sentence(found or 'has used up its memory')}",
        hint=f"Let it use less, or {way_out or 'give it more: portico limits ' + app.name}",
    )


def about(process: ProcessReport) -> dict[str, Any]:
    return {"process": process.name, "release": process.release}


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."
