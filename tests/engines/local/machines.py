"""A server's folders for one test, and a local engine in them that leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.engines.engine import Launch
from portico.engines.local import LocalEngine
from portico.engines.local.cgroups.server import server_groups
from portico.engines.local.children.streams import chunks
from portico.engines.local.disk.folders import remove
from portico.engines.local.network import packet_filter
from portico.engines.local.network.names import Names
from portico.engines.local.network.rules import no_table
from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import end_all
from portico.engines.local.processes.records import Folder, Pids, Record
from portico.layout import Layout, users
from portico.settings import Settings

APP = 7


class KeptOutput:
    """Stands for the agent's logs: keeps the output of processes in memory."""

    def __init__(self) -> None:
        self.of: dict[str, bytes] = {}

    def drain(self, app_id: int, process: str, pipe: int) -> Awaitable[None]:
        return asyncio.create_task(self._drain(process, pipe), name=f"app {app_id}")

    async def _drain(self, process: str, pipe: int) -> None:
        never: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            async for piece in chunks(pipe, never):
                self.of[process] = self.of.get(process, b"") + piece
        finally:
            os.close(pipe)

    def text(self, process: str = "web.1") -> str:
        return self.of.get(process, b"").decode()


class Server:
    """A data folder with a slug of app 7, and the means to start engines on it."""

    def __init__(self, data: Path) -> None:
        self.layout = Layout(data)
        self.settings = Settings(data=data)
        self.output = KeptOutput()
        self.add_slug({"hello.txt": "hello\n"})

    def record(self, handle: str) -> Record:
        record = Folder(self.layout.processes / handle).read()
        assert record is not None
        return record

    def pids(self, handle: str) -> Pids:
        pids = self.record(handle).pids
        assert pids is not None
        return pids

    def engine(self) -> LocalEngine:
        return LocalEngine(self.layout, self.settings, self.output)

    def add_slug(self, files: dict[str, str], app_id: int = APP) -> Path:
        slug = self.layout.slug(app_id, 1)
        slug.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (slug / name).write_text(text)
        owner = users().app(app_id)
        for path in (slug, *slug.iterdir()):
            if owner is not None:
                os.chown(path, owner, owner)
        return slug


@contextmanager
def server() -> Iterator[Server]:
    # Not pytest's tmp_path: the users of apps could not get there.
    data = Path(tempfile.mkdtemp(prefix="portico-test-"))
    data.chmod(0o755)
    made = Server(data)
    try:
        yield made
    finally:
        found = marked(made.layout.runtime.name)
        asyncio.run(end_all([pid for pids in found.values() for pid in pids]))
        asyncio.run(server_groups(made.layout.runtime.name).tidy(()))
        forget_network(made.layout)
        shutil.rmtree(made.layout.runtime, ignore_errors=True)
        remove(data)


def forget_network(layout: Layout) -> None:
    """Remove the rules of a server that may have been killed; nothing else of it has a name."""
    if users().web is not None and shutil.which("nft", path=packet_filter.PATH):
        packet_filter.load(no_table(Names(layout.runtime.name)))


def run(test: Callable[[Server, LocalEngine], Awaitable[None]]) -> None:
    """Run a test with an engine of its own."""
    with server() as made:

        async def tested() -> None:
            await test(made, made.engine())

        asyncio.run(tested())


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 20
) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + seconds
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return
        assert time.monotonic() < deadline, "it never came about"
        await asyncio.sleep(0.01)


async def output_of(server: Server, engine: LocalEngine, order: Launch) -> str:
    """All that a process says until it ends."""
    instance = await engine.start(order)
    await engine.wait(instance.handle)
    return server.output.text(order.process)
