"""What goes into an environment and into a layer: whoever has an equal key has the same one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from portico.builder.encoding import encode


@dataclass(frozen=True)
class EnvironmentKey:
    """All that goes into an environment: equal keys, equal environments.

    `files` are the names and SHA-256 of the files that decide, `shape` stands for what else of the
    tree does. `salt` is another one after a build without caches. `settings` is a digest of the
    config vars that steer the installer. `index` tells the operator's package indexes from others,
    '' for PyPI. For conda environments `rattler` is the version of their installer, and `channels`
    stands for the addresses that packages come from. `owner` is the app's id when it cannot be
    shared; then `layer` names the system packages that something may have been compiled with.
    """

    stack: str
    python: str
    uv: str
    form: str
    files: tuple[tuple[str, str], ...]
    shape: str = ""
    salt: str = ""
    settings: str = ""
    index: str = ""
    rattler: str = ""
    channels: str = ""
    owner: int | None = None
    layer: str = ""

    def digest(self) -> str:
        """The environment's name, 32 hex digits."""
        return _digest(self)


@dataclass(frozen=True)
class LayerKey:
    """All that goes into an app's layer of system packages, but for what repositories hold that day.

    `keys` are the names and SHA-256 of the files that repositories are signed by; `salt` is another
    one after a build without caches. `owner` is the app's id: a layer is never shared.
    """

    stack: str
    aptfile: str
    keys: tuple[tuple[str, str], ...]
    salt: str
    owner: int

    def digest(self) -> str:
        """The layer's name, 32 hex digits."""
        return _digest(self)


def _digest(key: object) -> str:
    return hashlib.sha256(encode(key).encode()).hexdigest()[:32]
