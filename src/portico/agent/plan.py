"""The last plan, kept in a root-only tmpfs so that apps come back without web. A file per app."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pydantic import ValidationError

from portico.wire import AppPlan, Document, PlanDelta, PublicKey


class Head(Document):
    epoch: str = ""
    version: int = 0
    keys: tuple[PublicKey, ...] = ()


class LastPlan:
    """Knows how far the agent has followed the plan."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._head = Head()
        self._is_whole = True

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
            self._head = Head.model_validate_json(self._head_path.read_bytes())
            plans = [
                AppPlan.model_validate_json(p.read_bytes())
                for p in self._folder.glob("[0-9]*.json")
            ]
            removed = {int(p.stem): None for p in self._folder.glob("[0-9]*.removed")}
            apps = removed | {plan.id: plan for plan in plans}
            return PlanDelta(**self._head.model_dump(), complete=True, apps=apps)
        self._head = Head()
        return None

    def save(self, delta: PlanDelta) -> None:
        """Remember a delta that was taken. Raises OSError when the next agent cannot have it.

        Then nothing is kept until web sends all of the plan again: what is there has a gap.
        """
        self._head = Head(epoch=delta.epoch, version=delta.version, keys=delta.keys)
        if not (self._is_whole or delta.complete):
            return
        self._is_whole = False
        try:
            self._write(delta)
        except OSError:
            self._head_path.unlink(missing_ok=True)
            raise
        self._is_whole = True

    def forget(self, app_id: int) -> None:
        """A removed app is gone; until then its removal is remembered, for the next agent."""
        self._removed_path(app_id).unlink(missing_ok=True)

    @property
    def _head_path(self) -> Path:
        return self._folder / "head.json"

    def _removed_path(self, app_id: int) -> Path:
        return self._folder / f"{app_id}.removed"

    def _write(self, delta: PlanDelta) -> None:
        """The head comes last: a torn write is asked for again."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if delta.complete:
            self._head_path.unlink(missing_ok=True)
            for path in self._folder.glob("[0-9]*.json"):
                path.unlink()
        for app_id, plan in delta.apps.items():
            path, removed = self._folder / f"{app_id}.json", self._removed_path(app_id)
            if plan is None:
                removed.touch()
                path.unlink(missing_ok=True)
            else:
                _write(path, plan.model_dump_json())
                removed.unlink(missing_ok=True)
        _write(self._head_path, self._head.model_dump_json())


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)
