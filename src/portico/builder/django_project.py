"""Asks a Django project about itself: one start of Django for all questions and collectstatic."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portico.builder import child, django_source, log, modules
from portico.builder.child import Ended
from portico.builder.lessons import Context, lesson
from portico.builder.order import FinishOrder
from portico.builder.proposals import settings_module
from portico.errors import PorticoError

_PROBE = Path(__file__).with_name("django_probe.py")
# What the probe says of itself.
_STEPS = ("Building static files because app files are new", "Running collectstatic")
_SWITCH = "DISABLE_COLLECTSTATIC"


@dataclass(frozen=True)
class Answer:
    """`own`: it routes its own prefix. `problem`: why it could not be set up, '' when it was."""

    own: bool = False
    facts: dict[str, Any] | None = None
    problem: str = ""


def ask(order: FinishOrder, environment: Path) -> Answer | None:
    """What the project says, None when the app is no Django project.

    Raises PorticoError when its static files were asked for and could not be collected.
    """
    tree = order.places.app
    module = os.environ.get("DJANGO_SETTINGS_MODULE") or settings_module(tree)
    if not module or not modules.exists("django", modules.site_packages(environment)):
        return None
    collect = os.environ.get(_SWITCH, "") not in ("1", "true", "True")
    if not collect:
        log.step(f"Skipping collectstatic, because {_SWITCH} is set")
    told, ended = _probed(order, environment, module, collect)
    if problem := told.get("setup_problem"):
        if collect and _asks_for_static(tree):
            raise _failed("Django could not be set up to collect static files.", ended, order)
        return Answer(problem=problem)
    if told["problem"]:
        raise _failed("collectstatic failed.", ended, order)
    if told["urls_problem"]:
        log.warning(f"Django's routes could not be read: {told['urls_problem']}")
    return Answer(told["own"], told)


def _probed(
    order: FinishOrder, environment: Path, module: str, collect: bool
) -> tuple[dict[str, Any], Ended]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "answer.json")
        # -c, not the file's path: that would put this package's folder before the app's modules.
        program = [str(environment / "bin" / "python"), "-c", _PROBE.read_text(), str(target)]
        words = [module, order.app_name, f"portico-{secrets.token_hex(8)}"]
        words.append("collect" if collect else "skip")
        ended = child.run([*program, *words], order.places.app, environment, _STEPS)
        if target.is_file():
            answer: dict[str, Any] = json.loads(target.read_text())
            return answer, ended
    return {"setup_problem": f"Python ended with code {ended.code}"}, ended


def _asks_for_static(tree: Path) -> bool:
    source = django_source.read_settings(tree)
    return source is not None and "STATIC_ROOT" in source.settings


def _failed(title: str, ended: Ended, order: FinishOrder) -> PorticoError:
    return PorticoError(
        title,
        f"Its last lines:\n{ended.tail}",
        lesson(ended.last, Context(order.form, modules.own(order.places.app)))
        or f"Correct it and deploy again, or set {_SWITCH}=1 to leave it out: "
        f"portico config set {_SWITCH}=1",
    )
