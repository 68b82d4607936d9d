"""Runs one step of a build in a sandbox and reads its answer, of which nothing is believed."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from copy import copy
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from portico.agent.building.allowance import Allowance
from portico.builder.encoding import encode
from portico.builder.order import DISK_FULL
from portico.engines.engine import Base, Box, BoxEnd, BoxUser, Engine, LineSink
from portico.errors import PorticoError
from portico.wire import AppPlan

T = TypeVar("T")
_MOST_CHARACTERS = 8_000


class Sandbox:
    """The sandboxes of one build, which share its time."""

    def __init__(
        self, engine: Engine, app: AppPlan, build: int, allowance: Allowance, log: LineSink
    ) -> None:
        self._engine = engine
        self._app = app
        self._build = build
        self._allowance = allowance
        self._end = asyncio.get_running_loop().time() + allowance.seconds
        self._log = log
        self.base = Base()

    def on(self, base: Base) -> Sandbox:
        """The same, for steps that stand on another file system."""
        other = copy(self)
        other.base = base
        return other

    async def step(self, name: str, order: object, answer: type[T], **box: Any) -> T:
        """Run a step. Raises PorticoError when it did, or when its answer makes no sense."""
        left = self._end - asyncio.get_running_loop().time()
        asked = Box(
            app_id=self._app.id,
            app_name=self._app.name,
            build=self._build,
            step=name,
            order=encode(order),
            seconds=max(left, 0.1),
            limits=self._allowance.limits,
            **{"base": base_of(self.base, box.get("user", BoxUser.APP)), **box},
        )
        end = await self._engine.box(asked, self._log)
        if exceeded := self._allowance.exceeded(name, end):
            raise exceeded
        return self._answer(name, end, answer)

    def nonsense(self, step: str) -> PorticoError:
        """The error for an answer that no honest step gives."""
        return PorticoError(
            "The build gave an answer that makes no sense.",
            f"Its step `{step}` was disturbed, perhaps by the app's own code.",
            "Deploy again; if it happens again, look at what the app runs while it is built.",
        )

    def _answer(self, step: str, end: BoxEnd, answer: type[T]) -> T:
        document = _document(end.result)
        if document is None:
            raise _died(step, end.code)
        if isinstance(problem := document.get("problem"), dict):
            raise PorticoError(*(_text(problem.get(part)) for part in ("title", "detail", "hint")))
        try:
            return TypeAdapter(answer).validate_json(
                json.dumps(document.get("answer")), strict=True
            )
        except ValidationError:
            raise self.nonsense(step) from None


def base_of(base: Base, user: BoxUser) -> Base:
    """What a step of that user stands on. The shared builder does not stand on an app's layer: its
    Python and C library may be anybody's, and would write what other apps use."""
    return base if user is BoxUser.APP else Base(base.stack)


def _document(result: str) -> dict[str, Any] | None:
    try:
        document = json.loads(result)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _died(step: str, code: int | None) -> PorticoError:
    if code == 137:
        return PorticoError(
            "The build was killed.",
            f"Its step `{step}` was ended from outside, most likely for want of memory.",
            "Deploy again; if it happens again, ask the operator how much memory there is.",
        )
    if code == DISK_FULL:
        return PorticoError(
            "The server's disk is full.",
            f"The build could not write: {os.strerror(errno.ENOSPC)}.",
            "Ask the operator to free space; nothing of this build was kept.",
        )
    return PorticoError(
        "The build broke off.",
        f"Its step `{step}` ended with code {'unknown' if code is None else code} and without "
        "an answer.",
        "Look at the last lines of the build's log, and deploy again.",
    )


def _text(value: object) -> str:
    """Untrusted text for people: bounded, without control characters."""
    text = value if isinstance(value, str) else ""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in text[:_MOST_CHARACTERS])
    return kept.strip()
