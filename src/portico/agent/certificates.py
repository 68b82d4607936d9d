"""Brings the operator's certificate to the router, whose user cannot read it, and each new one too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from portico.certificate_files import require_pair

log = logging.getLogger("portico.agent")

PAUSE = 5.0  # seconds between two looks at the files


class Certificates:
    """`take` gets the chain and the key whenever they are others than before, and fit together."""

    def __init__(self, chain: Path, key: Path, take: Callable[[str, str], object]) -> None:
        self._chain, self._key = chain, key
        self._take = take
        self._taken: tuple[str, str] | None = None
        self._complaint = ""

    async def follow(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            self.look()

    def look(self) -> None:
        """A pair that cannot be used may be half replaced: the one before stays."""
        try:
            pair = self._chain.read_text(), self._key.read_text()
            if pair == self._taken:
                return
            require_pair(self._chain, self._key)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._complain(str(error))
            return
        self._taken, self._complaint = pair, ""
        self._take(*pair)
        log.info("the certificate %s was taken", self._chain)

    def _complain(self, complaint: str) -> None:
        """Once, not every few seconds."""
        if complaint != self._complaint:
            self._complaint = complaint
            log.warning("the certificate %s was not taken: %s", self._chain, complaint)
