"""The way from a build's own loopback to its proxy, for tools that know proxies by address only."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from pathlib import Path

from portico.relaying import Connection, both_ways, closing

BACKLOG = 128
# Of curl, and so of git, the first is only known in small letters.
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def start(proxy: Path) -> None:
    """Listen, in a thread, and name the address to whatever is started from now on."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    serving = threading.Thread(target=lambda: asyncio.run(_serve(listening, proxy)), daemon=True)
    serving.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    os.environ.update(dict.fromkeys(VARIABLES, address))


async def _serve(listening: socket.socket, proxy: Path) -> None:
    async def relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with closing(Connection(reader, writer)) as client:
            try:
                there = Connection(*await asyncio.open_unix_connection(proxy))
            except OSError:  # it has ended: the tool sees its connection closed
                return
            async with closing(there):
                await both_ways(client, there)

    # Connections that are still open when the step ends are nobody's concern, and not its log's.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    server = await asyncio.start_server(relayed, sock=listening)
    await server.serve_forever()
