"""One method per call of docs/api.md."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from portico import __version__
from portico.client import problems
from portico.client.documents import (
    Access,
    App,
    ConfigChange,
    Deploy,
    Document,
    NewToken,
    Process,
    Release,
    Server,
    Session,
    Token,
    Whoami,
)

BASE = "/-/api/v1"
CHUNK = 256 << 10
# A followed log sends an empty line every 15 s: four of them missing means a dead connection.
SILENCE = 60.0

Some = TypeVar("Some", bound=Document)


class Client:
    """A server and a token. A failure is a `PorticoError`; without an answer `UnreachableError`."""

    def __init__(self, server: str, token: str, *, timeout: float = 30.0) -> None:
        self.server = server.rstrip("/")
        self.token = token
        self._http = httpx.Client(
            base_url=self.server + BASE,
            headers={"Authorization": f"Bearer {token}", "User-Agent": f"portico/{__version__}"},
            timeout=timeout,
            verify=self._verification(),
        )

    def _verification(self) -> ssl.SSLContext | bool:
        # The system's authorities, not a packaged list: operators add their own there.
        return ssl.create_default_context() if self.server.startswith("https:") else False

    def close(self) -> None:
        self._http.close()

    # --- the server -------------------------------------------------------------------------

    def about(self) -> Server:
        """Name and version; tells a Portico from anything else that answers."""
        request = self._http.build_request("GET", "/")
        del request.headers["Authorization"]  # a wrong token must not hide what is there
        with self._explained():
            response = self._http.send(request)
        if response.is_success:
            try:
                return Server.model_validate_json(response.content)
            except ValidationError:
                found = f"GET {response.url} did not answer with a name and a version."
                raise problems.not_a_portico(self.server, found) from None
        raise problems.of_response(response, self.server)

    def whoami(self) -> Whoami:
        return self._one(Whoami, "GET", "/whoami")

    def tokens(self, user: str | None = None) -> list[Token]:
        return self._many(Token, f"/tokens?user={quote(user, safe='')}" if user else "/tokens")

    def create_token(self, wanted: Mapping[str, Any]) -> NewToken:
        """`name`; `app`, `read_only`, `days`, `user` if need be."""
        return self._one(NewToken, "POST", "/tokens", json=dict(wanted))

    def revoke_token(self, number: int) -> None:
        self._request("DELETE", f"/tokens/{number}")

    # --- apps -------------------------------------------------------------------------------

    def apps(self) -> list[App]:
        return self._many(App, "/apps")

    def app(self, app: str) -> App:
        return self._one(App, "GET", _app(app))

    def create_app(self, app: str) -> App:
        return self._one(App, "POST", "/apps", json={"name": app})

    def change_app(self, app: str, changes: Mapping[str, Any]) -> App:
        """`changes` holds `name` to rename, and settings; a setting of None is the default."""
        return self._one(App, "PATCH", _app(app), json=dict(changes))

    def destroy_app(self, app: str) -> None:
        self._request("DELETE", _app(app))

    def access(self, app: str) -> Access:
        return self._one(Access, "GET", f"{_app(app)}/access")

    def change_access(self, app: str, changes: Mapping[str, Any]) -> Access:
        """Any of `access`, and lists of names: `viewers` and `co_owners` to add, `remove`."""
        return self._one(Access, "PATCH", f"{_app(app)}/access", json=dict(changes))

    # --- deploys ----------------------------------------------------------------------------

    def deploy(
        self,
        app: str,
        archive: IO[bytes],
        size: int,
        *,
        commit: str | None = None,
        no_cache: bool = False,
        create: bool = False,
        sent: Callable[[int], None] = lambda _: None,
    ) -> Deploy:
        """Upload a `tar.gz` of `size` bytes; `sent` is told how many of them have gone."""
        flags = {"commit": commit, "no_cache": no_cache or None, "create": create or None}
        params = {k: "1" if v is True else v for k, v in flags.items() if v is not None}
        headers = {"Content-Length": str(size), "Content-Type": "application/gzip"}
        content = _pieces(archive, sent)
        path = f"{_app(app)}/deploys"
        return self._one(Deploy, "POST", path, params=params, headers=headers, content=content)

    def deploys(self, app: str) -> list[Deploy]:
        return self._many(Deploy, f"{_app(app)}/deploys")

    def deploy_state(self, app: str, deploy: int) -> Deploy:
        return self._one(Deploy, "GET", f"{_app(app)}/deploys/{deploy}")

    def cancel(self, app: str, deploy: int) -> Deploy:
        return self._one(Deploy, "DELETE", f"{_app(app)}/deploys/{deploy}")

    def deploy_log(self, app: str, deploy: int, *, follow: bool) -> Iterator[dict[str, Any] | None]:
        """Lines `{time, line}` and at last `{"deploy": ...}`; None when connected and idle."""
        params = {"follow": "1"} if follow else {}
        return self._lines(f"{_app(app)}/deploys/{deploy}/log", params)

    # --- processes --------------------------------------------------------------------------

    def processes(self, app: str) -> list[Process]:
        return self._many(Process, f"{_app(app)}/processes")

    def formation(self, app: str) -> dict[str, int]:
        return self._mapping("GET", f"{_app(app)}/formation")

    def scale(self, app: str, formation: Mapping[str, int]) -> dict[str, int]:
        return self._mapping("PATCH", f"{_app(app)}/formation", json=dict(formation))

    def restart(self, app: str) -> None:
        self._request("POST", f"{_app(app)}/restarts")

    def logs(
        self, app: str, *, process: str | None, lines: int, follow: bool
    ) -> Iterator[dict[str, Any] | None]:
        """Lines `{time, process, line}`; None when connected and idle."""
        wanted = {"process": process, "lines": str(lines), "follow": "1" if follow else None}
        return self._lines(f"{_app(app)}/logs", {k: v for k, v in wanted.items() if v})

    # --- config vars and releases -----------------------------------------------------------

    def config(self, app: str) -> dict[str, str]:
        return self._mapping("GET", f"{_app(app)}/config")

    def secret_config(self, app: str) -> list[str]:
        """The names of those that no log shows."""
        return self._names(f"{_app(app)}/config/secrets")

    def set_config(
        self, app: str, changes: Mapping[str, str | None], secret: bool | None = None
    ) -> ConfigChange:
        """None removes a variable. `secret` says of all whether logs hide them."""
        said = {} if secret is None else {"params": {"secret": str(secret).lower()}}
        return self._one(ConfigChange, "PATCH", f"{_app(app)}/config", json=dict(changes), **said)

    def releases(self, app: str) -> list[Release]:
        return self._many(Release, f"{_app(app)}/releases")

    def rollback(self, app: str, version: int | None) -> Deploy:
        """To the release before the current one when `version` is None."""
        body = {"rollback_to": version}
        return self._one(Deploy, "POST", f"{_app(app)}/releases", json=body)

    def session(self, app: str, order: Mapping[str, Any]) -> Session:
        """A one-off or an exec; `portico.client.socket` opens what it answers."""
        return self._one(Session, "POST", f"{_app(app)}/sessions", json=dict(order))

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


def _app(app: str) -> str:
    return f"/apps/{quote(app, safe='')}"


def _pieces(archive: IO[bytes], sent: Callable[[int], None]) -> Iterator[bytes]:
    total = 0
    while piece := archive.read(CHUNK):
        yield piece
        total += len(piece)
        sent(total)


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
