"""How many processes of each type should run: the author's word, else app.json's, else one web."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.control.models.app import App

MOST = 100
_TYPE = re.compile(r"[a-z0-9-]{1,20}")


def formation_of(app: App) -> dict[str, int]:
    """Type -> count, for the types of the current release and of the one under way."""
    formation: dict[str, int] = {}
    for release in (app.current, app.under_way.release if app.under_way else None):
        if release:
            built = release.build.outcome
            formation |= wanted(built.processes, built.formation, app.formation)
    return formation


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


def _known(types: Collection[str] | None) -> str:
    if types is None:
        return "A process type has 1 to 20 lower-case letters, digits and dashes."
    return f"The current release has: {', '.join(sorted(types)) or 'none'}."
