"""What `python -m portico.supervisor` was told, kept as told so that a restart reads it anew."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from portico.supervisor.options import Options, default_data, resolve


@dataclass(frozen=True)
class Inheritance:
    """Descriptors that survive a restart of the supervisor: the lock and web's sockets."""

    lock: int
    router: int
    agent: int

    @classmethod
    def parse(cls, text: str) -> Inheritance:
        lock, router, agent = map(int, text.split(","))
        return cls(lock, router, agent)

    def __str__(self) -> str:
        return f"{self.lock},{self.router},{self.agent}"


@dataclass(frozen=True)
class Request:
    """`stop`: take over what a dead supervisor has left, and end it."""

    data: Path
    listen: str | None = None
    url: str | None = None
    stop: bool = False
    inherited: Inheritance | None = None

    def resolve(self) -> Options:
        return resolve(self.data, self.listen, self.url)

    def words(self, inherited: Inheritance | None = None) -> list[str]:
        """The arguments that say this request; for a restart with what is inherited."""
        words = ["--data", str(self.data)]
        words += ["--listen", self.listen] if self.listen else []
        words += ["--url", self.url] if self.url else []
        words += ["--stop"] if self.stop else []
        return words + (["--inherit", str(inherited)] if inherited else [])


def parse(arguments: list[str]) -> Request:
    parser = argparse.ArgumentParser(prog="portico.supervisor", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--listen")
    parser.add_argument("--url")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--inherit", type=Inheritance.parse, help=argparse.SUPPRESS)
    found = parser.parse_args(arguments)
    return Request(found.data, found.listen, found.url, found.stop, found.inherit)
