"""Which environment a build uses, and why the last one does not do any more. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from portico.agent.slugs import Record
from portico.builder.order import EnvironmentKey, Manifest


@dataclass(frozen=True)
class Choice:
    """The environment to use, and what to tell the author about it."""

    key: EnvironmentKey
    note: str = ""


def choose(
    manifest: Manifest, app_id: int, config: Mapping[str, str], last: Record | None
) -> Choice:
    """Shared where that is safe, else the app's own."""
    steering = {name: value for name, value in config.items() if name.startswith("UV_")}
    key = manifest.key
    if steering:
        digest = hashlib.sha256(repr(sorted(steering.items())).encode()).hexdigest()
        key = dataclasses.replace(key, settings=digest)
    own = dataclasses.replace(key, owner=app_id)
    if manifest.private:
        return Choice(own, f"The environment is this app's own: {manifest.private}")
    if steering:
        return Choice(own, f"The environment is this app's own: {min(steering)} is set")
    if last and last.without_wheel == key.digest():
        return Choice(own, "The environment is this app's own: not every package has a wheel")
    return Choice(key)


def changed(before: EnvironmentKey, now: EnvironmentKey) -> str:
    """Why the environment of the last build does not do any more, '' when it does."""
    if before.stack != now.stack:
        return "the server's system has changed"
    if before.python != now.python:
        return f"Python {now.python} instead of {before.python}"
    if before.form != now.form:
        return f"{now.form} instead of {before.form}"
    if names := sorted({name for name, _ in set(before.files) ^ set(now.files)}):
        return f"{' and '.join(names)} changed"
    if before.salt != now.salt:
        return "this build was asked to use no cache"
    if before.index != now.index:
        return "the server's package index has changed"
    if before.uv != now.uv:
        return f"uv {now.uv} instead of {before.uv}"
    return "" if before == now else "the app's packages or settings changed"
