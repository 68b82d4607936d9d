"""Where a process is in the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from portico.engines.engine import Endpoint


@dataclass(frozen=True)
class Place:
    """For one launch; `close` it after that. A namespace that nobody was started in ends then."""

    endpoint: Endpoint | None = None
    variables: Mapping[str, str] = field(default_factory=dict)  # those of the process go over them
    namespace: int | None = None  # a descriptor
    resolver: bytes | None = None  # the text of resolv.conf, when it is not the machine's

    def variables_of(self, process: Mapping[str, str]) -> dict[str, str]:
        """All that a process gets, from its own."""
        port = {"PORT": str(self.endpoint.port)} if self.endpoint else {}
        return {**self.variables, **process, **port}

    def close(self) -> None:
        if self.namespace is not None:
            os.close(self.namespace)


class Networks(Protocol):
    """Gives places to processes."""

    @property
    def notice(self) -> str:
        """What the operator should know of it, if anything."""

    async def take(self, handle: str, *, listens: bool) -> Place:
        """Raises PorticoError when there is none."""

    def keep(self, endpoint: Endpoint | None) -> None:
        """A process of before goes on, at that endpoint if it listens."""

    def release(self, endpoint: Endpoint | None) -> None:
        """A process has ended, or was never started."""

    async def tidy(self, kept: frozenset[str]) -> None:
        """Remove what is left of processes before, but for the handles that are kept."""

    async def close(self) -> None:
        """No process is left."""
