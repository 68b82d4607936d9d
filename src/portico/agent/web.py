"""The agent's side of its socket to web. The agent dials; web never does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from websockets.asyncio.client import ClientConnection, connect, unix_connect

from portico.errors import PorticoError
from portico.examination import Examination
from portico.figures import Figures
from portico.wire import PlanDelta, Report, SessionId

LONG_POLL = 25.0


class Web:
    """Calls of web. `httpx.HTTPError` means that web is not there; the callers try again."""

    def __init__(self, socket: Path) -> None:
        self._socket = str(socket)
        transport = httpx.AsyncHTTPTransport(uds=self._socket)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://web", timeout=10)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def plan(self, epoch: str, since: int) -> PlanDelta:
        """What changed since that version; comes back empty when nothing does for a while."""
        answer = await self._http.get(
            "/plan",
            params={"epoch": epoch, "since": since, "wait": LONG_POLL},
            timeout=LONG_POLL + 10,
        )
        answer.raise_for_status()
        return PlanDelta.model_validate_json(answer.content)

    async def report(self, report: Report) -> None:
        answer = await self._http.post(
            "/report",
            content=report.model_dump_json(exclude_defaults=True),
            headers={"content-type": "application/json"},
        )
        answer.raise_for_status()

    async def figures(self, figures: Figures) -> None:
        """What processes use now; nobody repeats it when web is not there."""
        answer = await self._http.post(
            "/figures",
            content=figures.model_dump_json(exclude_none=True),
            headers={"content-type": "application/json"},
        )
        answer.raise_for_status()

    async def examination(self, found: Examination) -> None:
        answer = await self._http.post(
            "/examination",
            content=found.model_dump_json(exclude_unset=True),
            headers={"content-type": "application/json"},
        )
        answer.raise_for_status()

    async def source(self, sha256: str, to: Path) -> None:
        """Write a source archive to a file, whole and unread."""
        digest = hashlib.sha256()
        async with self._http.stream("GET", f"/sources/{sha256}") as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise PorticoError(
                    "The source is not on the server any more.",
                    f"Its archive {sha256} has been removed.",
                    "Deploy again.",
                )
            answer.raise_for_status()
            with to.open("wb") as file:
                async for piece in answer.aiter_bytes():
                    digest.update(piece)
                    file.write(piece)
        if digest.hexdigest() != sha256:
            raise PorticoError(
                "The source did not arrive whole.",
                f"Its hash is {digest.hexdigest()}, not {sha256}.",
                "Deploy again.",
            )

    def dial(self, session: SessionId) -> connect:
        """A web socket for a session, as an async context manager."""
        return unix_connect(self._socket, f"ws://web/sessions/{session}", max_size=1 << 22)


Connection = ClientConnection
