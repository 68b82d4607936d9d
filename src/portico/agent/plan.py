"""The last plan, kept in a root-only tmpfs so that apps come back without web. A file per app."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pydantic import ValidationError

from portico.wire import AppPlan, Document, PlanDelta


class Head(Document):
    epoch: str = ""
    version: int = 0


class LastPlan:
    """Knows how far the agent has followed the plan."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._head = Head()

    @property
    def epoch(self) -> str:
        return self._head.epoch

    @property
    def version(self) -> int:
        return self._head.version

    def load(self) -> PlanDelta | None:
        """The plan as it was last seen, complete; None when there is none or it cannot be read.

        Without it the agent simply asks web for all of it.
        """
        with contextlib.suppress(FileNotFoundError, ValidationError):
            self._head = Head.model_validate_json((self._folder / "head.json").read_bytes())
            plans = [
                AppPlan.model_validate_json(p.read_bytes())
                for p in self._folder.glob("[0-9]*.json")
            ]
            return PlanDelta(
                **self._head.model_dump(), complete=True, apps={p.id: p for p in plans}
            )
        self._head = Head()
        return None

    def save(self, delta: PlanDelta) -> None:
        """Remember a delta that was taken. The head comes last: a torn write is asked for again."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if delta.complete:
            for path in self._folder.glob("[0-9]*.json"):
                path.unlink()
        for app_id, plan in delta.apps.items():
            path = self._folder / f"{app_id}.json"
            if plan is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, plan.model_dump_json())
        self._head = Head(epoch=delta.epoch, version=delta.version)
        _write(self._folder / "head.json", self._head.model_dump_json())


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)
