"""The layer of an app's system packages: found by its key, or made over the stack."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from portico.agent import slugs
from portico.agent.building.operators import Operators
from portico.agent.building.stacks import NEW, RELEASE, debian_stack
from portico.agent.building.steps import Sandbox
from portico.agent.slugs import Record
from portico.builder.cache_keys import LayerKey
from portico.builder.log import NO_CACHE, building, changed, using_cached
from portico.builder.order import Apt, AptInstalled, AptOrder
from portico.engines.engine import Base, BoxUser, LineSink
from portico.layout import Layout


@dataclass(frozen=True)
class Ground:
    """What the rest of a build stands on, and the key of its layer."""

    base: Base
    key: LayerKey | None = None


def reasons(before: LayerKey | None, now: LayerKey) -> tuple[str, ...]:
    """Why the layer of the last build does not do any more, () when there is nothing to say."""
    if before is None:
        return ()
    told = []
    if before.stack != now.stack:
        told.append(changed("the stack", before.stack, now.stack))
    if before.aptfile != now.aptfile:
        told.append("Aptfile changed")
    told += [f"{name} changed" for name in sorted({n for n, _ in {*before.keys} ^ {*now.keys}})]
    if before.salt != now.salt:
        told.append(NO_CACHE)
    return tuple(told) or ("the one of the last build is gone",)


def is_whole(layout: Layout, app_id: int, name: str) -> bool:
    return (layout.apt_layers(app_id) / name).is_dir()


def layers(layout: Layout, app_id: int) -> list[str]:
    """What lies among an app's layers, whole or not."""
    with contextlib.suppress(OSError):
        return sorted(entry.name for entry in os.scandir(layout.apt_layers(app_id)))
    return []


async def ground(
    sandbox: Sandbox,
    layout: Layout,
    operators: Operators,
    apt: Apt,
    place: tuple[int, str],
    last: Record | None,
    log: LineSink,
) -> Ground:
    """The stack and the layer for an app with an Aptfile. `place` is the app's id, and the salt."""
    app_id, salt = place
    stack = await debian_stack(sandbox, layout, operators, log)
    key = key_of(stack, apt, salt, app_id)
    base = Base(stack, key.digest())
    if await asyncio.to_thread(is_whole, layout, app_id, key.digest()):
        log(using_cached("apt layer"))
        return Ground(base, key)
    log(building("apt layer", reasons(last.layer if last else None, key)))
    order = AptOrder(apt, RELEASE, operators.debian)
    await _make(sandbox, layout.apt_layers(app_id), base, order, operators)
    return Ground(base, key)


def key_of(stack: str, apt: Apt, salt: str, app_id: int) -> LayerKey:
    keys = ((name, _sha256(base64.b64decode(key))) for name, key in apt.keys)
    return LayerKey(stack, _sha256(apt.text.encode()), tuple(keys), salt, app_id)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _make(
    sandbox: Sandbox, folder: Path, base: Base, order: AptOrder, operators: Operators
) -> None:
    """Make the layer of that base in the folder of the app's layers."""
    name = base.layer or ""
    await asyncio.to_thread(slugs.remove, folder, f"{name}{NEW}")
    try:
        await sandbox.step(
            "apt",
            order,
            AptInstalled,
            user=BoxUser.PACKAGES,
            network=True,
            base=Base(base.stack),
            makes=name,
            operators=operators.shown,
        )
        _finish(folder, name)
    except BaseException:
        await asyncio.shield(asyncio.to_thread(slugs.remove, folder, f"{name}{NEW}"))
        raise


def _finish(folder: Path, name: str) -> None:
    """Only now it has its name, and counts."""
    (folder / f"{name}{NEW}").rename(folder / name)
