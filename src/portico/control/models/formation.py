"""How many processes of each type should run: the author's word, else app.json's, else one web."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from portico.control import instance
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.control.models.app import App

MOST = 100
_TYPE = re.compile(r"[a-z0-9-]{1,20}")


def formation_of(app: App) -> dict[str, int]:
    """Type -> count, for the types of the current release and of the one under way."""
    return bounded(_of_releases(app), instance.server().max_app_processes)


def asked_of(app: App) -> dict[str, int]:
    """What author and app.json ask for; before the first release, of types not known yet."""
    return _of_releases(app) or dict(app.formation)


def _of_releases(app: App) -> dict[str, int]:
    formation: dict[str, int] = {}
    for release in (app.current, app.under_way.release if app.under_way else None):
        if release:
            built = release.build.outcome
            formation |= wanted(built.processes, built.formation, app.formation)
    return formation


def bounded(formation: Mapping[str, int], most: int) -> dict[str, int]:
    """No more than that in all, web first: app.json, or an operator's new bound, can ask for more."""
    counts, left = {}, most
    for kind in sorted(formation, key=lambda kind: kind != "web"):
        counts[kind] = min(formation[kind], left)
        left -= counts[kind]
    return {kind: counts[kind] for kind in formation}


def wanted(
    types: Collection[str], proposed: Mapping[str, int], explicit: Mapping[str, int]
) -> dict[str, int]:
    """Type -> count for these process types; `proposed` is app.json's."""
    default = {"web": 1} | {kind: min(count, MOST) for kind, count in proposed.items()}
    return {kind: explicit.get(kind, default.get(kind, 0)) for kind in types}


def check_formation(changes: Mapping[str, int], types: Collection[str] | None) -> None:
    """Raise a PorticoError for a formation that cannot be. `types` None: not yet known."""
    for kind in changes:
        if types is None and _TYPE.fullmatch(kind):
            continue
        if types is None or kind not in types:
            raise PorticoError(
                f"There is no process type '{kind[:40]}'.",
                _known(types),
                "Add a line for it to the Procfile and deploy, or correct the name.",
            )
    for kind, count in changes.items():
        if not 0 <= count <= MOST:
            raise PorticoError(
                f"{count} processes of '{kind}' are not possible.",
                f"A process type can have 0 to {MOST} processes.",
                f"Choose a number between 0 and {MOST}.",
            )


def check_sum(app: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Raise a PorticoError for more processes in all than the operator allows an app."""
    most, count = instance.server().max_app_processes, sum(after.values())
    if count > most and count > sum(before.values()):
        asked = " ".join(f"{kind}={number}" for kind, number in sorted(after.items()) if number)
        raise PorticoError(
            f"{app} cannot have {count} processes.",
            f"An app can have {most} in all; these would be {asked}.",
            "Choose less, or ask the operator to raise max_app_processes.",
        )


def _known(types: Collection[str] | None) -> str:
    if types is None:
        return "A process type has 1 to 20 lower-case letters, digits and dashes."
    return f"The current release has: {', '.join(sorted(types)) or 'none'}."
