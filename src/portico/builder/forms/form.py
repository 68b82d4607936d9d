"""What each form of naming packages has in common.

A form is a module with `read(tree) -> Dependencies` and `install(uv, tree)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from portico.builder.findings import Finding
from portico.builder.uv import Uv


@dataclass(frozen=True)
class Conda:
    """What an environment.yml says beside its packages.

    `python` is the version that it names, '' for none; `channels` stands for their addresses;
    `variables` are defaults of the app's environment.
    """

    python: str
    channels: str
    variables: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Dependencies:
    """What decides about an environment.

    `files` in the app's tree; `private` is the reason for which the environment is the app's own,
    '' when it can be shared; `names` are the packages asked for, as far as they are plain to see;
    `shape` stands for what else of the tree the installation depends on; `conda` is for conda
    environments, which bring their Python; `notes` are for the author.
    """

    files: tuple[str, ...]
    private: str = ""
    names: frozenset[str] = frozenset()
    shape: str = ""
    conda: Conda | None = None
    notes: tuple[Finding, ...] = ()


class Form(Protocol):
    """A module of this package."""

    def read(self, tree: Path) -> Dependencies:
        """What the app asks for. Raises PorticoError for a file that makes no sense."""

    def install(self, uv: Uv, tree: Path) -> None:
        """Install it. `uv.shared`: nothing but wheels from the index, and no code of a package."""
