"""Requests to the proxy, read strictly, and what is sent on for them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portico.build_proxy.order import Target

HEAD_LIMIT = 1 << 16
HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
METHOD = re.compile(r"[A-Z]{1,20}")
FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
VERSION = re.compile(r"HTTP/1\.[01]")
# Of one connection alone; those that `Connection` names come on top.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "upgrade",
}
Fields = tuple[tuple[str, str], ...]


class BadRequestError(Exception):
    """Not a request that a proxy can carry out; its text says why."""

    def __init__(self, why: str, status: str = "400 Bad Request") -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Request:
    """`path` is '' for a tunnel (CONNECT), else what to ask the host for."""

    method: str
    target: Target
    path: str = ""
    fields: Fields = ()
    body: int = 0  # bytes that follow

    @property
    def is_tunnel(self) -> bool:
        return not self.path


def parse(head: bytes) -> Request:
    """Raises BadRequestError."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not METHOD.fullmatch(words[0]) or not VERSION.fullmatch(words[2]):
        raise BadRequestError("The first line is not one of HTTP.")
    method, address, _ = words
    if method == "CONNECT":
        return Request(method, _target(address, None))
    fields = tuple(_field(line) for line in lines)
    authority, path = _absolute(address)
    return Request(method, _target(authority, 80), path, _kept(fields), _body(fields))


def _absolute(address: str) -> tuple[str, str]:
    scheme, found, rest = address.partition("://")
    if scheme.lower() != "http" or not found:
        raise BadRequestError("This is a proxy: it takes CONNECT and http:// addresses.")
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    path = rest.removeprefix(authority)
    return authority.rpartition("@")[2], path if path.startswith("/") else f"/{path}"


def _target(authority: str, default: int | None) -> Target:
    host, found, port = authority.rpartition(":")
    if not found or port.endswith("]"):
        host, port = authority, str(default or "")
    if not HOST.fullmatch(host) or not re.fullmatch(r"[0-9]{1,5}", port):
        raise BadRequestError("The address has no host or no port.")
    if not 0 < int(port) < 1 << 16:
        raise BadRequestError("There is no such port.")
    return host.strip("[]").lower(), int(port)


def _field(line: str) -> tuple[str, str]:
    found = FIELD.fullmatch(line)
    if found is None:
        raise BadRequestError("A header line is not one of HTTP.")
    return found[1], found[2].strip()


def _kept(fields: Fields) -> Fields:
    named = {
        word.strip().lower()
        for name, value in fields
        if name.lower() == "connection"
        for word in value.split(",")
    }
    return tuple(field for field in fields if field[0].lower() not in HOP_BY_HOP | named)


def _body(fields: Fields) -> int:
    """How many bytes follow: exactly one length is believed, so that nothing is smuggled."""
    if any(name.lower() == "transfer-encoding" for name, _ in fields):
        raise BadRequestError("A body has to have a Content-Length.", "411 Length Required")
    lengths = {value for name, value in fields if name.lower() == "content-length"}
    if not lengths:
        return 0
    length = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,18}", length):
        raise BadRequestError("The Content-Length makes no sense.")
    return int(length)


def authority(target: Target) -> str:
    """Host and port as they are written in addresses."""
    host, port = target
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def sent_on(request: Request, *, absolute: bool, credentials: str = "") -> bytes:
    """The head of a plain request as the next one gets it: one request for one connection.

    `absolute`: for another proxy, with `credentials` for it.
    """
    origin = f"http://{authority(request.target)}" if absolute else ""
    lines = [f"{request.method} {origin}{request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.fields]
    lines += ["Connection: close"]
    lines += [f"Proxy-Authorization: {credentials}"] if credentials else []
    return _head(lines)


def tunnel_asked(target: Target, credentials: str = "") -> bytes:
    """The request for a tunnel to another proxy."""
    name = authority(target)
    lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
    lines += [f"Proxy-Authorization: {credentials}"] if credentials else []
    return _head(lines)


def answer(status: str, text: str = "") -> bytes:
    """An answer of the proxy's own."""
    body = f"{text}\n".encode() if text else b""
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/plain; charset=utf-8"]
    lines += [f"Content-Length: {len(body)}", "Connection: close"]
    return _head(lines) + body


TUNNEL_STANDS = b"HTTP/1.1 200 Connection established\r\n\r\n"


def _head(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")
