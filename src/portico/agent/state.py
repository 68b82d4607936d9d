"""What the agent must know of an app after its own death: `state.json` in the app's folder.

Written before the step it speaks of, by rename, so that at any moment either the old or the new
is there whole.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.layout import Layout
from portico.wire import PathMode


class Saved(BaseModel):
    """Other versions read it too: what they have added is passed over."""

    model_config = ConfigDict(frozen=True)


class SavedDeploy(Saved):
    id: int
    command: ReleaseCommand


class SavedState(Saved):
    release: int | None = None
    generation: int = 0
    deploy: SavedDeploy | None = None
    path_modes: dict[int, PathMode] = Field(default_factory=dict)


def save(layout: Layout, state: AppState, *, serving: Target | None = None) -> None:
    """Write what of this state must outlive the agent; `serving` when that is about to change."""
    serving = serving or state.serving
    saved = SavedState(
        release=serving.release if serving else None,
        generation=serving.generation if serving else 0,
        deploy=_saved_deploy(state.progress),
        path_modes=state.path_modes,
    )
    path = _path(layout, state.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(saved.model_dump_json())
    temporary.rename(path)


def load(layout: Layout, app_id: int) -> AppState:
    """The state of an app as an earlier agent left it; an empty one for a new app.

    A file that cannot be read counts as none: what serves is then taken from the plan.
    """
    state = AppState(app_id)
    with contextlib.suppress(FileNotFoundError, ValidationError):
        saved = SavedState.model_validate_json(_path(layout, app_id).read_bytes())
        if saved.release is not None:
            state.serving = Target(saved.release, saved.generation)
        if saved.deploy is not None:
            state.progress = Progress(saved.deploy.id, command=saved.deploy.command)
        state.path_modes = dict(saved.path_modes)
    return state


def _saved_deploy(progress: Progress | None) -> SavedDeploy | None:
    return SavedDeploy(id=progress.id, command=progress.command) if progress else None


def _path(layout: Layout, app_id: int) -> Path:
    return layout.app(app_id) / "state.json"
