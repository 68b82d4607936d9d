"""Several problems of one app, told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from portico.builder.findings import Several
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
    parts = [each for error in errors for each in _parts(error)]
    return parts[0] if len(parts) == 1 else Several(parts)


def _parts(error: PorticoError) -> Sequence[PorticoError]:
    return error.errors if isinstance(error, Several) else (error,)
