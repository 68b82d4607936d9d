"""Several problems of one app, told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from portico.errors import PorticoError

T = TypeVar("T")


class Problems:
    """Collects what is wrong, so that an author meets everything in one build."""

    def __init__(self) -> None:
        self._errors: list[PorticoError] = []

    def attempt(self, question: Callable[[], T]) -> T | None:
        """The answer, or None when the question was answered by a problem."""
        try:
            return question()
        except PorticoError as error:
            self._errors.append(error)
            return None

    def add(self, error: PorticoError) -> None:
        self._errors.append(error)

    def raise_any(self) -> None:
        if self._errors:
            raise combined(self._errors)


def combined(errors: Sequence[PorticoError]) -> PorticoError:
    """One error as it is; several as numbered lists."""
    if len(errors) == 1:
        return errors[0]
    return PorticoError(
        f"{len(errors)} things keep this app from being built.",
        "\n".join(f"{n}. {_joined(e.title, e.detail)}" for n, e in enumerate(errors, 1)),
        "\n".join(f"{n}. {e.hint}" for n, e in enumerate(errors, 1)),
    )


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
