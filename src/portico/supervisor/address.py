"""The address that the router listens on: reading it, and finding out whether it is free."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from pathlib import Path

from portico.errors import PorticoError

LISTENING = "0A"  # the state's code in /proc/net/tcp


@dataclass(frozen=True)
class Address:
    """HOST:PORT as given, and the IP address that the host stands for."""

    host: str
    port: int
    ip: str

    @classmethod
    def parse(cls, text: str) -> Address:
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise PorticoError(
                "The address to listen on cannot be understood.",
                f"It is {text!r}; HOST:PORT is expected, with a port from 1 to 65535.",
                "Give one such as --listen 127.0.0.1:8000, or --listen 0.0.0.0:80 for everybody.",
            )
        return cls(host, int(port), _ip(host))

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.ip else socket.AF_INET

    @property
    def is_wildcard(self) -> bool:
        return self.ip in ("0.0.0.0", "::")  # noqa: S104 - asked, not bound

    @property
    def listen(self) -> str:
        """As the router wants it, with the IP address."""
        return f"{_bracketed(self.ip)}:{self.port}"

    def url(self, scheme: str) -> str:
        """The URL that follows from the address alone."""
        host, usual = _bracketed(self.host), {"http": 80, "https": 443}[scheme]
        return f"{scheme}://{host}" if self.port == usual else f"{scheme}://{host}:{self.port}"

    @property
    def reachable(self) -> tuple[str, int]:
        """Where a client on this machine connects to."""
        if not self.is_wildcard:
            return self.ip, self.port
        return ("::1" if self.family == socket.AF_INET6 else "127.0.0.1"), self.port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ip(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise PorticoError(
            "The host to listen on is not known.",
            f"{host!r} could not be resolved: {error.strerror}.",
            "Give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.",
        ) from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0])


def require_free(address: Address) -> None:
    """Bind exclusively for a moment: Envoy would share an occupied port without a word."""
    try:
        with socket.socket(address.family, socket.SOCK_STREAM) as test:
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if address.family == socket.AF_INET6:
                test.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            test.bind((address.ip, address.port))
            test.listen(1)
    except OSError as error:
        raise _refusal(address, error) from error


def _refusal(address: Address, error: OSError) -> PorticoError:
    if error.errno == errno.EADDRINUSE:
        return PorticoError(
            f"Port {address.port} is in use.",
            f"{listener(address.port)} listens on port {address.port} already.",
            "Stop it, or choose another port with --listen HOST:PORT.",
        )
    if error.errno == errno.EACCES:
        return PorticoError(
            f"Port {address.port} may not be used.",
            "Ports below 1024 belong to root, and this server runs as an ordinary user.",
            "Choose a port from 1024 on with --listen HOST:PORT, or start the server as root.",
        )
    return PorticoError(
        "The server cannot listen there.",
        f"{address.listen}: {error.strerror}.",
        "Give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.",
    )


def listener(port: int) -> str:
    """Who listens on a TCP port, in words; not everything can be told without root."""
    inodes = _listening_inodes(port)
    for folder in Path("/proc").glob("[0-9]*"):
        if inodes & _socket_inodes(folder / "fd"):
            return f"Process {folder.name} ({_command_name(folder)})"
    return "Another process"


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _lines(Path(table))[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _socket_inodes(folder: Path) -> set[str]:
    found = set()
    try:
        for link in folder.iterdir():
            target = str(link.readlink())
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass  # it has ended, or belongs to somebody else
    return found


def _command_name(process: Path) -> str:
    return "".join(_lines(process / "comm")) or "unknown"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
