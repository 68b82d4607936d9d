"""A server at work: apps, and what their authors do to them meanwhile."""

from __future__ import annotations

import contextlib
import io
import re
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import httpx

from portico.client.api import Client
from portico.client.documents import Deploy
from portico.errors import PorticoError
from tests.servers import Server
from tests.waiting import until

SOURCE = Path(__file__).parent / "app"
NAMES = ("chaos-1", "chaos-2")


def source(build: int) -> io.BytesIO:
    """Another one for each deploy."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        tar.add(SOURCE, arcname=".")
        content = str(build).encode()
        info = tarfile.TarInfo("build.txt")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return io.BytesIO(stream.getvalue())


class AppAtWork:
    """One app, its author, and the folder that the server keeps for it."""

    def __init__(self, server: Server, name: str, random: Random) -> None:
        self.server = server
        self.name = name
        self.url = f"{server.url}/{name}/"
        self.client = Client(server.url, server.token)
        self.random = random
        self._changes: dict[str, Callable[[], object]] = {
            "deploys": self.deploy,
            "deploys and cancels": self._deploy_and_cancel,
            "sets a config var": self._configure,
            "rolls back": lambda: self.client.rollback(self.name, None),
            "scales": self._scale,
            "restarts": lambda: self.client.restart(self.name),
            "waits": lambda: None,
        }

    @property
    def folder(self) -> Path:
        """Known by the id that its plan has."""
        for file in self.server.layout.last_plan.glob("*.json"):
            if re.search(rf'"name": ?"{self.name}"', file.read_text()):
                return self.server.layout.apps / file.stem
        raise FileNotFoundError(self.name)

    def close(self) -> None:
        self.client.close()

    def deploy(self) -> Deploy:
        content = source(self.random.getrandbits(32))
        return self.client.deploy(self.name, content, len(content.getvalue()), create=True)

    def change(self) -> tuple[str, Callable[[], None]]:
        """What the author does next, and how; a refusal has to say what to do."""
        what = self.random.choice(list(self._changes))

        def do() -> None:
            try:
                self._changes[what]()
            except PorticoError as error:
                if not all((error.title, error.detail, error.hint)):
                    raise

        return what, do

    def page(self) -> str:
        return httpx.get(self.url, timeout=10).raise_for_status().text

    def _deploy_and_cancel(self) -> None:
        deploy = self.deploy()
        time.sleep(self.random.uniform(0, 3))
        self.client.cancel(self.name, deploy.id)

    def _configure(self) -> None:
        self.client.set_config(self.name, {"CHANGED": str(self.random.getrandbits(16))})

    def _scale(self) -> None:
        counts = {"web": self.random.randint(1, 2), "worker": self.random.randint(0, 2)}
        self.client.scale(self.name, counts)


@contextlib.contextmanager
def at_work(server: Server, random: Random) -> Iterator[list[AppAtWork]]:
    """The apps, each deployed once."""
    # Each with dice of its own: authors work side by side.
    dice = [Random(random.getrandbits(64)) for _ in NAMES]  # noqa: S311
    apps = [AppAtWork(server, name, own) for name, own in zip(NAMES, dice, strict=True)]
    try:
        for app in apps:
            app.client.create_app(app.name)
            server.open_to_all(app.name)
            app.deploy()
        for app in apps:
            until(app.page)
        yield apps
    finally:
        for app in apps:
            app.close()
