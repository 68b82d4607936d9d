"""One method per call of docs/api.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from pydantic import ValidationError

from portico.client import problems
from portico.client.calls import app_path
from portico.client.documents import (
    App,
    ConfigChange,
    Deploy,
    Examination,
    Figures,
    Limits,
    LogDrain,
    Process,
    Release,
    Server,
    Session,
    Whoami,
)
from portico.client.people import PeopleCalls

CHUNK = 256 << 10


class Client(PeopleCalls):
    """A server and a token. A failure is a `PorticoError`; without an answer `UnreachableError`."""

    # --- the server -------------------------------------------------------------------------

    def about(self) -> Server:
        """Name and version; tells a Portico from anything else that answers."""
        request = self._http.build_request("GET", "/")
        request.headers.pop("Authorization", None)  # a wrong token must not hide what is there
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

    def examination(self, *, again: bool = False) -> Examination:
        """What its agent has found out; `again` asks it to look anew, which takes a while."""
        return self._one(Examination, "POST" if again else "GET", "/server/examination")

    # --- apps -------------------------------------------------------------------------------

    def apps(self) -> list[App]:
        return self._many(App, "/apps")

    def app(self, app: str) -> App:
        return self._one(App, "GET", app_path(app))

    def create_app(self, app: str) -> App:
        return self._one(App, "POST", "/apps", json={"name": app})

    def change_app(self, app: str, changes: Mapping[str, Any]) -> App:
        """`changes` holds `name` to rename, and settings; a setting of None is the default."""
        return self._one(App, "PATCH", app_path(app), json=dict(changes))

    def set_picture(self, app: str, content: bytes) -> App:
        return self._one(App, "PUT", f"{app_path(app)}/picture", content=content)

    def remove_picture(self, app: str) -> None:
        self._request("DELETE", f"{app_path(app)}/picture")

    def destroy_app(self, app: str) -> None:
        self._request("DELETE", app_path(app))

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
        path = f"{app_path(app)}/deploys"
        return self._one(Deploy, "POST", path, params=params, headers=headers, content=content)

    def deploys(self, app: str) -> list[Deploy]:
        return self._many(Deploy, f"{app_path(app)}/deploys")

    def deploy_state(self, app: str, deploy: int) -> Deploy:
        return self._one(Deploy, "GET", f"{app_path(app)}/deploys/{deploy}")

    def cancel(self, app: str, deploy: int) -> Deploy:
        return self._one(Deploy, "DELETE", f"{app_path(app)}/deploys/{deploy}")

    def deploy_log(self, app: str, deploy: int, *, follow: bool) -> Iterator[dict[str, Any] | None]:
        """Lines `{time, line}` and at last `{"deploy": ...}`; None when connected and idle."""
        params = {"follow": "1"} if follow else {}
        return self._lines(f"{app_path(app)}/deploys/{deploy}/log", params)

    # --- processes --------------------------------------------------------------------------

    def processes(self, app: str) -> list[Process]:
        return self._many(Process, f"{app_path(app)}/processes")

    def formation(self, app: str) -> dict[str, int]:
        return self._mapping("GET", f"{app_path(app)}/formation")

    def scale(self, app: str, formation: Mapping[str, int]) -> dict[str, int]:
        return self._mapping("PATCH", f"{app_path(app)}/formation", json=dict(formation))

    def limits(self, app: str) -> Limits:
        return self._one(Limits, "GET", f"{app_path(app)}/limits")

    def limit(self, app: str, changes: Mapping[str, Mapping[str, float | None]]) -> Limits:
        """`changes` by process type and name; None takes back what was said of one."""
        return self._one(Limits, "PATCH", f"{app_path(app)}/limits", json=dict(changes))

    def log_drains(self, app: str) -> list[LogDrain]:
        return self._many(LogDrain, f"{app_path(app)}/drains")

    def add_log_drain(self, app: str, address: str, headers: Mapping[str, str]) -> LogDrain:
        wanted = {"address": address, "headers": dict(headers)}
        return self._one(LogDrain, "POST", f"{app_path(app)}/drains", json=wanted)

    def remove_log_drain(self, app: str, number: int) -> None:
        self._request("DELETE", f"{app_path(app)}/drains/{number}")

    def figures(self, app: str, range_: str) -> Figures:
        """What it has done and used: of the last `hour` or `day`."""
        return self._one(Figures, "GET", f"{app_path(app)}/figures", params={"range": range_})

    def restart(self, app: str) -> None:
        self._request("POST", f"{app_path(app)}/restarts")

    def logs(
        self, app: str, *, process: str | None, lines: int, follow: bool
    ) -> Iterator[dict[str, Any] | None]:
        """Lines `{time, process, line}`; None when connected and idle."""
        wanted = {"process": process, "lines": str(lines), "follow": "1" if follow else None}
        return self._lines(f"{app_path(app)}/logs", {k: v for k, v in wanted.items() if v})

    # --- config vars and releases -----------------------------------------------------------

    def config(self, app: str) -> dict[str, str]:
        return self._mapping("GET", f"{app_path(app)}/config")

    def secret_config(self, app: str) -> list[str]:
        """The names of those that no log shows."""
        return self._names(f"{app_path(app)}/config/secrets")

    def set_config(
        self, app: str, changes: Mapping[str, str | None], secret: bool | None = None
    ) -> ConfigChange:
        """None removes a variable. `secret` says of all whether logs hide them."""
        said = {} if secret is None else {"params": {"secret": str(secret).lower()}}
        return self._one(
            ConfigChange, "PATCH", f"{app_path(app)}/config", json=dict(changes), **said
        )

    def releases(self, app: str) -> list[Release]:
        return self._many(Release, f"{app_path(app)}/releases")

    def rollback(self, app: str, version: int | None) -> Deploy:
        """To the release before the current one when `version` is None."""
        body = {"rollback_to": version}
        return self._one(Deploy, "POST", f"{app_path(app)}/releases", json=body)

    def session(self, app: str, order: Mapping[str, Any]) -> Session:
        """A one-off or an exec; `portico.client.socket` opens what it answers."""
        return self._one(Session, "POST", f"{app_path(app)}/sessions", json=dict(order))


def _pieces(archive: IO[bytes], sent: Callable[[int], None]) -> Iterator[bytes]:
    total = 0
    while piece := archive.read(CHUNK):
        yield piece
        total += len(piece)
        sent(total)
