"""Brings the two ends of a live session together: who waits for it here, and the agent.

All in memory and on the event loop, except `book`. A session stands in its app's plan while its
`offered` block runs; the agent then dials, and `connect` hands its end over.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from portico import wire
from portico.control.models import plan
from portico.control.streams.exchange import Receive, Send
from portico.control.threads import in_database
from portico.errors import PorticoError

AGENT_SECONDS = 10.0
BOOKING_SECONDS = 60.0


@dataclass
class End:
    """One end of a session: an accepted web socket."""

    receive: Receive
    send: Send
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Offer:
    """A session in the plan. The first agent that dials has it."""

    def __init__(self, app_id: int, session: wire.Session) -> None:
        self.app_id = app_id
        self.session = session
        self._agent: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def take(self, end: End) -> bool:
        """Hand over the agent's end; False when another has been there before."""
        if self._agent.done():
            return False
        self._agent.set_result(end)
        return True

    async def agent(self, seconds: float = AGENT_SECONDS) -> End:
        """The agent's end, or a PorticoError when it does not dial in time."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._agent), seconds)
        except TimeoutError:
            raise silent() from None

    def close(self) -> None:
        if not self._agent.done():
            self._agent.cancel()
        elif not self._agent.cancelled():
            self._agent.result().over.set()


class Broker:
    def __init__(self) -> None:
        self._offers: dict[str, Offer] = {}
        self._bookings: dict[str, tuple[int, wire.Session, float]] = {}

    def book(self, app_id: int, session: wire.Session) -> None:
        """Remember a session that a client has asked for until it connects. From any thread."""
        now = time.monotonic()
        old = [
            one
            for one, (_, _, made) in tuple(self._bookings.items())
            if now - made > BOOKING_SECONDS
        ]
        for one in old:
            self._bookings.pop(one, None)
        self._bookings[session.id] = (app_id, session, now)

    def claim(self, app_id: int, session_id: str) -> wire.Session | None:
        """The booked session, once."""
        booked = self._bookings.get(session_id)
        if booked is None or booked[0] != app_id:
            return None
        del self._bookings[session_id]
        return booked[1]

    @asynccontextmanager
    async def offered(self, app_id: int, session: wire.Session) -> AsyncIterator[Offer]:
        """Keep a session in the app's plan."""
        offer = Offer(app_id, session)
        self._offers[session.id] = offer
        try:
            await self._tell(app_id)
            yield offer
        finally:
            del self._offers[session.id]
            offer.close()
            await asyncio.shield(self._tell(app_id))

    def of_app(self, app_id: int) -> list[wire.Session]:
        """What the app's plan should list now."""
        return [offer.session for offer in self._offers.values() if offer.app_id == app_id]

    def find(self, session_id: str) -> Offer | None:
        return self._offers.get(session_id)

    async def _tell(self, app_id: int) -> None:
        await in_database(plan.sessions_changed, app_id, bool(self.of_app(app_id)))


def new_id() -> str:
    return secrets.token_urlsafe(24)


def silent() -> PorticoError:
    return PorticoError(
        "The agent does not answer.",
        f"It was asked {AGENT_SECONDS:.0f} seconds ago and has not connected.",
        "Try again; if it stays so, look at `portico server status` on the server.",
        status=503,
    )


broker = Broker()
