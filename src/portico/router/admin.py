"""Asks the running Envoy, over its admin socket, what it has taken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from portico.errors import PorticoError
from portico.figures import Requests
from portico.router import counting
from portico.router.files import CLUSTERS, ROUTES
from portico.router.routes import Backend, Cluster

_SECONDS = 5.0
_READ = {
    "cluster_manager.cds.update_success": CLUSTERS,
    "http.viewers.rds.portico.update_success": ROUTES,
}


class RouterAdmin:
    """A client of the admin socket; it connects again by itself after Envoy was restarted."""

    def __init__(self, socket: Path) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(socket), retries=1)
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://router", timeout=_SECONDS
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def ready(self) -> bool:
        """Whether Envoy runs and has read its first clusters and routes."""
        try:
            return (await self._client.get("/ready")).is_success
        except httpx.HTTPError:
            return False

    async def endpoints(self, cluster: Cluster) -> set[tuple[str, int]]:
        """Where Envoy sends an app's requests, the waiting room left out: (address, port)."""
        name = cluster.name
        lines = (await self._ask("/clusters", f"^{name}$")).splitlines()
        found = (line.removeprefix(f"{name}::").split("::cx_active::") for line in lines)
        hosts = (parts[0] for parts in found if len(parts) > 1)
        return {_address(host) for host in hosts if not host.startswith("/")}

    async def taken(self, cluster: Cluster, backends: Iterable[Backend]) -> bool:
        """Whether requests now go to these endpoints and no others; False while Envoy is away."""
        wanted = {(backend.address, backend.port) for backend in backends}
        try:
            return await self.endpoints(cluster) == wanted
        except PorticoError:
            return False

    async def stats(self, pattern: str) -> dict[str, int]:
        """Counters and gauges whose names match the regular expression."""
        lines = (await self._ask("/stats", pattern)).splitlines()
        pairs = (line.rsplit(": ", 1) for line in lines)
        return {name: int(value) for name, value in pairs if value.isdigit()}

    async def requests(self) -> dict[int, Requests]:
        """What has been answered since Envoy started, by app; PLATFORM for no app."""
        text = await self._ask("/stats", counting.STATS, histogram_buckets="disjoint")
        return await asyncio.to_thread(counting.parsed, text)

    async def files_read(self) -> dict[str, int]:
        """How often Envoy has taken a new version of each, by name: that of clusters, of routes."""
        figures = await self.stats(f"^({'|'.join(map(re.escape, _READ))})$")
        return {file: figures.get(name, 0) for name, file in _READ.items()}

    async def _ask(self, path: str, pattern: str, **how: str) -> str:
        try:
            answer = await self._client.get(path, params={"filter": pattern, **how})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise PorticoError(
                "The router does not answer.",
                f"Asking it for {path} failed: {error or type(error).__name__}.",
                "See whether it runs with `portico server status`; its log is logs/router.log in "
                "the data folder.",
                status=503,
            ) from error
        return answer.text


def _address(host: str) -> tuple[str, int]:
    """`127.0.0.1:80` or `[::1]:80`."""
    address, _, port = host.rpartition(":")
    return address.strip("[]"), int(port)
