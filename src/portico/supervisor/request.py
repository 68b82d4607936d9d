"""What `python -m portico.supervisor` was told, kept as told so that a restart reads it anew."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from portico.supervisor.options import Options, default_data, resolve

SAID = ("listen", "url", "tls_cert", "tls_key", "redirect_from")


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
    tls_cert: str | None = None
    tls_key: str | None = None
    redirect_from: str | None = None

    def resolve(self) -> Options:
        return resolve(
            self.data,
            self.listen,
            self.url,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            redirect_from=self.redirect_from,
        )

    def words(self, inherited: Inheritance | None = None) -> list[str]:
        """The arguments that say this request; for a restart with what is inherited."""
        words = ["--data", str(self.data)]
        for name in SAID:
            value = getattr(self, name)
            words += [f"--{name.replace('_', '-')}", value] if value else []
        words += ["--stop"] if self.stop else []
        return words + (["--inherit", str(inherited)] if inherited else [])


def parse(arguments: list[str]) -> Request:
    parser = argparse.ArgumentParser(prog="portico.supervisor", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data())
    for name in SAID:
        parser.add_argument(f"--{name.replace('_', '-')}")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--inherit", type=Inheritance.parse, help=argparse.SUPPRESS)
    found = parser.parse_args(arguments)
    said = {name: getattr(found, name) for name in SAID}
    return Request(found.data, stop=found.stop, inherited=found.inherit, **said)
