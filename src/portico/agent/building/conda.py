"""Conda environments from the agent's side: their keys, and what their steps may see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from portico.agent.building.steps import Sandbox
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.detect import CONDA
from portico.builder.order import Fetched, FetchOrder
from portico.engines.engine import BoxUser, CondaFolders

# What reads an environment.yml, and what solves and installs it.
LIBRARIES = ("rattler", "yaml")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def identity(key: EnvironmentKey) -> dict[str, Any] | None:
    """The fields of a key that conda environments alone have; None for an answer without sense."""
    if key.form != CONDA:
        return {"rattler": "", "channels": ""}
    if not _DIGEST.fullmatch(key.channels):
        return None
    return {"rattler": version("py-rattler"), "channels": key.channels}


async def fetch(
    sandbox: Sandbox, key: EnvironmentKey, channels: Mapping[str, str], config: Mapping[str, str]
) -> None:
    """Solve and fetch. This step alone knows the credentials of channels; it opens no package."""
    own = key.owner is not None
    order = FetchOrder(key, channels=dict(channels), config=dict(config) if own else {})
    box = _box(key, CondaFolders(key.channels))
    await sandbox.step("fetch", order, Fetched, network=True, **box)


def install_box(key: EnvironmentKey) -> dict[str, Any]:
    """Where an environment is made: pip sections need the network, packages themselves do not."""
    if key.form != CONDA:
        return {**_box(key, None), "network": True, "libraries": ()}
    own = key.owner is not None
    return {**_box(key, CondaFolders(key.channels, key.digest())), "network": own}


def _box(key: EnvironmentKey, folders: CondaFolders | None) -> dict[str, Any]:
    own = key.owner is not None
    return {
        "user": BoxUser.APP if own else BoxUser.BUILD,
        "own_python": own,
        "conda": None if own else folders,
        "libraries": LIBRARIES,
    }
