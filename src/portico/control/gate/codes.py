"""One-time codes that carry a visitor from the portal's host to that of apps. Web is one process,
so memory suffices; after its restart a visitor begins again."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

SECONDS = 60
MOST = 10_000


@dataclass(frozen=True)
class Pass:
    """Who may enter what. `door`: the digest of the cookie that the browser has to bring."""

    app_id: int
    user_id: int
    session: str
    door: str


class Codes:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Pass]] = {}

    def issue(self, given: Pass) -> str:
        code, now = secrets.token_urlsafe(32), time.monotonic()
        with self._lock:
            fresh = {c: p for c, p in self._known.items() if now - p[0] < SECONDS}
            self._known = dict(list(fresh.items())[1 - MOST :]) | {code: (now, given)}
        return code

    def redeem(self, code: str) -> Pass | None:
        """Once, and not later than a minute after."""
        with self._lock:
            made, given = self._known.pop(code, (0.0, None))
        return given if time.monotonic() - made < SECONDS else None


codes = Codes()
