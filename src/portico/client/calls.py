"""How every call asks: one connection, and each failure explained."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from portico import __version__
from portico.client import problems
from portico.client.documents import Document

BASE = "/-/api/v1"
# A followed log sends an empty line every 15 s: four of them missing means a dead connection.
SILENCE = 60.0

Some = TypeVar("Some", bound=Document)


class Calls:
    """A server and a token, '' before a login. A failure is a `PorticoError`; without an answer `UnreachableError`."""

    def __init__(self, server: str, token: str, *, timeout: float = 30.0) -> None:
        self.server = server.rstrip("/")
        self.token = token
        self._http = httpx.Client(
            base_url=self.server + BASE,
            headers={"User-Agent": f"portico/{__version__}"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=timeout,
            verify=self._verification(),
        )

    def _verification(self) -> ssl.SSLContext | bool:
        # The system's authorities, not a packaged list: operators add their own there.
        return ssl.create_default_context() if self.server.startswith("https:") else False

    def close(self) -> None:
        self._http.close()

    # --- how all of them ask ----------------------------------------------------------------

    def _one(self, kind: type[Some], method: str, path: str, **options: Any) -> Some:
        response = self._request(method, path, **options)
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise problems.not_understood(self.server, _first(error)) from error

    def _many(self, kind: type[Some], path: str) -> list[Some]:
        try:
            return [kind.model_validate(each) for each in _list(self._request("GET", path))]
        except ValidationError as error:
            raise problems.not_understood(self.server, _first(error)) from error
        except ValueError as error:
            raise problems.not_understood(self.server, f"{error}.") from error

    def _names(self, path: str) -> list[str]:
        try:
            return [str(name) for name in _list(self._request("GET", path))]
        except ValueError as error:
            raise problems.not_understood(self.server, f"{error}.") from error

    def _mapping(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            body = self._request(method, path, **options).json()
        except ValueError as error:
            raise problems.not_understood(self.server, f"{error}.") from error
        if not isinstance(body, dict):
            raise problems.not_understood(self.server, "something that is not an object.")
        return body

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self._explained():
            response = self._http.request(method, path, **options)
        if not response.is_success:
            raise problems.of_response(response, self.server)
        return response

    def _lines(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any] | None]:
        timeout = httpx.Timeout(self._http.timeout.connect, read=SILENCE)
        with (
            self._explained(),
            self._http.stream("GET", path, params=dict(params), timeout=timeout) as response,
        ):
            if not response.is_success:
                response.read()
                raise problems.of_response(response, self.server)
            yield None
            yield from self._parsed(response.iter_bytes())

    def _parsed(self, pieces: Iterator[bytes]) -> Iterator[dict[str, Any] | None]:
        for line in _split(pieces):
            try:
                yield json.loads(line) if line.strip() else None
            except ValueError as error:
                raise problems.not_understood(self.server, f"the line {line[:80]!r}.") from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except httpx.RequestError as error:
            raise problems.of_transport(error, self.server) from error


def app_path(app: str) -> str:
    return f"/apps/{quote(app, safe='')}"


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines by `\\n` alone: an author's line may hold any of Unicode's other line ends."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest:
        raise httpx.ReadError("The answer ended in the middle of a line")


def _list(response: httpx.Response) -> list[Any]:
    body = response.json()
    if not isinstance(body, list):
        raise ValueError("something that is not a list")
    return body


def _first(error: ValidationError) -> str:
    """The first thing that did not fit, in words."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"a document in which {place} does not fit: {first['msg']}."
