"""An app whose deploys can be held at each of their steps, and what must be true between deploys."""

from __future__ import annotations

import io
import json
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.client.api import Client
from portico.client.documents import Deploy
from portico.engines.local.process_table.marks import marked
from tests.servers import Server
from tests.waiting import until

SOURCE = Path(__file__).parent / "stepping"
SECONDS = 60  # for what holds a request back, on a busy machine


def archive(*, held: bool = False) -> bytes:
    """The app's source; `held` when its build is to wait until it is let go."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        tar.add(SOURCE, arcname=".")
        if held:
            tar.addfile(tarfile.TarInfo("hold-build"))
    return stream.getvalue()


class HeldArchive(io.BytesIO):
    """An upload that stops in its middle until `go` is set."""

    def __init__(self) -> None:
        super().__init__(archive())
        self.go = threading.Event()
        self.half = len(self.getvalue()) // 2

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            return super().read(self.half)
        assert self.go.wait(SECONDS)
        return super().read(size)


class Stepping:
    """The app, on a server, and the folders that the server keeps for it."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.url = f"{server.url}/{name}/"
        self.client = Client(server.url, server.token)

    def close(self) -> None:
        self.client.close()

    @property
    def folder(self) -> Path:
        """The server's folder of the app, by the id that its plan has."""
        for file in self.server.layout.last_plan.glob("*.json"):
            if re.search(rf'"name": ?"{self.name}"', file.read_text()):
                return self.server.layout.apps / file.stem
        raise FileNotFoundError(self.name)

    def upload(self, content: io.BytesIO | None = None, *, held: bool = False) -> Deploy:
        source = content or io.BytesIO(archive(held=held))
        return self.client.deploy(self.name, source, len(source.getvalue()), create=True)

    def ended(self, deploy: Deploy) -> Deploy:
        """How the deploy ended, once it has; its build is let go."""

        def look() -> Deploy | None:
            for slug in self.building():  # also of a build that was begun anew
                (slug / "hold-build").unlink(missing_ok=True)
            now = self.client.deploy_state(self.name, deploy.id)
            return now if now.final else None

        return until(look)

    def deployed(self) -> Deploy:
        """A deploy that nothing stands against."""
        done = self.ended(self.upload())
        assert done.state == "live", done.problem
        return done

    def page(self) -> str:
        return self.server.get(self.url).raise_for_status().text

    def reached(self, step: str) -> list[str]:
        """The releases that have come to this step, once for each time that they have."""
        file = self.folder / "data" / f"reached-{step}"
        return file.read_text().split() if file.exists() else []

    @contextmanager
    def held_at(self, step: str) -> Iterator[None]:
        """Releases that come to this step wait there."""
        hold = self.folder / "data" / f"hold-{step}"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()

    def building(self) -> list[Path]:
        """The slugs whose build waits."""
        return [path.parent for path in self.folder.glob("slugs/*/reached-build")
                if (path.parent / "hold-build").exists()]  # fmt: skip

    # --- between deploys ----------------------------------------------------------------------

    def assert_nothing_half_made(self) -> None:
        """Soon after a deploy has ended only what serves runs, and only what is recorded stays."""
        until(self._settled)

    def _settled(self) -> bool:
        layout = self.server.layout
        app, processes = self.client.app(self.name), self.client.processes(self.name)
        found = [(one.name, one.state, one.release) for one in processes]
        assert found == [("web.1", "running", app.release)]
        handles = {folder.name for folder in layout.processes.iterdir()}
        mine = {h for h in handles if self._record(h)["app_id"] == int(self.folder.name)}
        assert len(mine) == 1
        assert set(marked(layout.runtime.name)) == handles
        assert {layer.name for layer in self.folder.glob("layers/*")} == mine
        assert self._slugs() == self._kept()
        assert not list(layout.apps.glob("[!0-9]*"))
        assert not list((layout.sources / "incoming").iterdir())
        return True

    def _record(self, handle: str) -> dict[str, object]:
        record: dict[str, object] = json.loads(
            (self.server.layout.processes / handle / "record.json").read_text()
        )
        return record

    def _slugs(self) -> tuple[set[str], set[str]]:
        names = {path.name for path in self.folder.glob("slugs/*")}
        records = {name for name in names if name.endswith(".json")}
        return names - records, {name.removesuffix(".json") for name in records}

    def _kept(self) -> tuple[set[str], set[str]]:
        plan = json.loads((self.server.layout.last_plan / f"{self.folder.name}.json").read_text())
        kept = {str(build) for build in plan["kept_builds"]}
        return kept, kept
