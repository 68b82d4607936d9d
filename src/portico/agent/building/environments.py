"""Which environment a build uses, and why the last one does not do any more. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from portico.agent.slugs import Record
from portico.builder import log
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.detect import CONDA
from portico.builder.order import Manifest


@dataclass(frozen=True)
class Choice:
    """The environment to use, and what to tell the author about it."""

    key: EnvironmentKey
    note: str = ""


def choose(
    manifest: Manifest,
    app_id: int,
    config: Mapping[str, str],
    last: Record | None,
    layer: str = "",
) -> Choice:
    """Shared where that is safe, else the app's own."""
    steering = {name: value for name, value in config.items() if name.startswith("UV_")}
    key = manifest.key
    if steering:
        digest = hashlib.sha256(repr(sorted(steering.items())).encode()).hexdigest()
        key = dataclasses.replace(key, settings=digest)
    own = dataclasses.replace(key, owner=app_id, layer=layer)
    if manifest.private:
        return Choice(own, f"The environment is this app's own: {manifest.private}")
    if steering:
        return Choice(own, f"The environment is this app's own: {min(steering)} is set")
    if last and last.without_wheel == key.digest():
        return Choice(own, f"The environment is this app's own: {not_shared(key.form)}")
    return Choice(key)


def not_shared(form: str) -> str:
    """Why an environment that was to be shared was not made."""
    wants_code = "one of its packages has a link script"
    return wants_code if form == CONDA else "not every package has a wheel"


def reasons(before: EnvironmentKey, now: EnvironmentKey) -> tuple[str, ...]:
    """Why the environment of the last build does not do any more, () when it does."""
    told = [
        log.changed(what, old, new)
        for what, old, new in (
            ("the stack", before.stack, now.stack),
            ("the Python version", before.python, now.python),
            ("the file of packages", before.form, now.form),
            ("the version of uv", before.uv, now.uv),
            ("the version of rattler", before.rattler, now.rattler),
        )
        if old and new and old != new
    ]
    if before.layer != now.layer and before.owner == now.owner:
        told.append("the app's system packages changed")
    if before.form == now.form:
        told += [f"{name} changed" for name in _changed_files(before, now)]
    if before.salt != now.salt:
        told.append(log.NO_CACHE)
    if before.index != now.index:
        told.append("the server's package index changed")
    if before.form == now.form and before.channels != now.channels:
        told.append("the addresses of its conda channels changed")
    if told or before == now:
        return tuple(told)
    return ("the app's packages or settings changed",)


def _changed_files(before: EnvironmentKey, now: EnvironmentKey) -> list[str]:
    return sorted({name for name, _ in set(before.files) ^ set(now.files)})
