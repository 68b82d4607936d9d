"""The proxy on real sockets: what it fetches, what it refuses, and what the next proxy gets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from portico.build_proxy.destinations import Destinations
from portico.build_proxy.order import ProxyOrder, Target, Upstream
from portico.build_proxy.serving import Serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Server:
    """A server on loopback that keeps what it is told until the end of the connection."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return ("127.0.0.1", self.port)

    async def rest(self) -> bytes:
        """What came after the first head, when that connection has ended."""
        async with asyncio.timeout(20):
            while not self.kept:
                await asyncio.sleep(0.01)
        return self.kept[0]


@contextlib.asynccontextmanager
async def serving(answer: bytes, body: int = 0) -> AsyncIterator[Server]:
    """Answers each head and body; what comes after the head is kept."""
    made = Server()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.heads.append(await reader.readuntil(b"\r\n\r\n"))
        content = await reader.readexactly(body)
        writer.write(answer)
        if answer is OK:
            writer.write_eof()
        made.kept.append(content + await reader.read())
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@dataclass
class Proxy:
    path: Path
    said: list[str] = field(default_factory=list)

    async def ask(self, *pieces: bytes) -> bytes:
        """All that comes back; a pause between the pieces is as long as the proxy likes."""
        reader, writer = await asyncio.open_unix_connection(self.path)
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        writer.write_eof()
        told = await reader.read()
        writer.close()
        return told


@contextlib.asynccontextmanager
async def proxy(order: ProxyOrder, own: str = "192.0.2.1") -> AsyncIterator[Proxy]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        made = Proxy(Path(folder) / "proxy.sock")
        listening.bind(str(made.path))
        destinations = Destinations(order, frozenset({ip_address(own)}))
        task = asyncio.create_task(Serving(destinations, made.said.append).serve(listening))
        await asyncio.sleep(0)
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def mirrors(*servers: Server) -> ProxyOrder:
    return ProxyOrder(frozenset(server.target for server in servers))


def status(answer: bytes) -> str:
    return answer.split(b"\r\n")[0].decode().partition(" ")[2]


def get(target: Target, rest: str = "") -> bytes:
    host, port = target
    return f"GET http://{host}:{port}/path HTTP/1.1\r\nHost: {host}\r\n\r\n{rest}".encode()


def test_a_mirror_is_reached_though_it_is_on_loopback() -> None:
    async def test() -> None:
        async with serving(OK) as mirror, proxy(mirrors(mirror)) as made:
            assert await made.ask(get(mirror.target)) == OK
            assert mirror.heads == [
                b"GET /path HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            ]
            assert made.said == []

    asyncio.run(test())


def test_a_neighbour_of_a_mirror_is_refused_in_words_and_said_once() -> None:
    async def test() -> None:
        async with serving(OK) as mirror, serving(OK) as other, proxy(mirrors(mirror)) as made:
            text = (
                f"The build asked for 127.0.0.1:{other.port}, which is a loopback address. "
                "Builds reach public addresses and the operator's mirrors alone."
            )
            told = await made.ask(get(other.target))
            assert (status(told), told.partition(b"\r\n\r\n")[2].decode()) == (
                "421 Misdirected Request",
                f"{text}\n",
            )
            tunnel = f"CONNECT 127.0.0.1:{other.port} HTTP/1.1\r\n\r\n".encode()
            assert status(await made.ask(tunnel)) == "421 Misdirected Request"
            assert made.said == [f"Warning: {text}"]
            assert other.heads == []

    asyncio.run(test())


def test_a_name_is_judged_by_what_it_resolves_to() -> None:
    async def test() -> None:
        async with serving(OK) as other, proxy(ProxyOrder()) as made:
            assert (
                status(await made.ask(get(("localhost", other.port)))) == "421 Misdirected Request"
            )
            assert "which is 127.0.0.1, a loopback address" in made.said[0].replace(
                "::1", "127.0.0.1"
            )
            # 127.0.0.1 in the other ways in which the system reads addresses
            for host in ("2130706433", "0x7f.1", "127.1"):
                assert status(await made.ask(get((host, other.port)))) == "421 Misdirected Request"
            assert other.heads == []

    asyncio.run(test())


def test_a_tunnel_carries_both_ways_until_both_ends_are_through() -> None:
    async def test() -> None:
        async with serving(b"early") as mirror, proxy(mirrors(mirror)) as made:
            asked = f"CONNECT 127.0.0.1:{mirror.port} HTTP/1.1\r\n\r\n".encode()
            told = await made.ask(asked, b"hello\r\n\r\n", b"x" * 300_000)
            assert told == b"HTTP/1.1 200 Connection established\r\n\r\nearly"
            assert (mirror.heads, await mirror.rest()) == ([b"hello\r\n\r\n"], b"x" * 300_000)

    asyncio.run(test())


def test_a_body_is_sent_on_and_what_follows_it_is_not() -> None:
    async def test() -> None:
        async with serving(OK, body=4) as mirror, proxy(mirrors(mirror)) as made:
            post = f"POST http://127.0.0.1:{mirror.port}/ HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
            assert await made.ask(post.encode(), b"body", get(("10.0.0.5", 80))) == OK
            assert await mirror.rest() == b"body"

    asyncio.run(test())


def test_the_operators_proxy_gets_names_and_credentials_but_nothing_private() -> None:
    async def test() -> None:
        async with serving(OK) as further:
            upstream = Upstream("", f"http://me:pw@127.0.0.1:{further.port}", "")
            async with proxy(ProxyOrder(upstream=upstream)) as made:
                public = ("203.0.113.9", 80)
                assert await made.ask(get(public), get(("10.0.0.5", 80))) == OK
                assert further.heads == [
                    b"GET http://203.0.113.9:80/path HTTP/1.1\r\nHost: 203.0.113.9\r\n"
                    b"Connection: close\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n"
                ]
                assert await further.rest() == b""
                assert status(await made.ask(get(("10.0.0.5", 80)))) == "421 Misdirected Request"
                # Only the operator's proxy may know this name.
                assert await made.ask(get(("only.known.invalid", 80))) == OK
                assert len(further.heads) == 2

    asyncio.run(test())


def test_a_tunnel_goes_through_the_operators_proxy_or_its_refusal_is_told() -> None:
    async def test() -> None:
        asked = b"CONNECT 203.0.113.9:443 HTTP/1.1\r\n\r\n"
        async with serving(b"HTTP/1.1 200 OK\r\n\r\nthrough") as further:
            upstream = Upstream(f"http://127.0.0.1:{further.port}", "", "")
            async with proxy(ProxyOrder(upstream=upstream)) as made:
                assert (await made.ask(asked)).endswith(b"established\r\n\r\nthrough")
        async with serving(b"HTTP/1.1 407 Who are you\r\n\r\n") as further:
            upstream = Upstream(f"http://127.0.0.1:{further.port}", "", "")
            async with proxy(ProxyOrder(upstream=upstream)) as made:
                assert status(await made.ask(asked)) == "502 Bad Gateway"
                assert made.said == [
                    "Warning: The build could not reach 203.0.113.9:443: the server's own proxy "
                    "answered: 407 Who are you."
                ]

    asyncio.run(test())


def test_what_is_no_request_is_answered_and_harms_nobody() -> None:
    async def test() -> None:
        async with serving(OK) as mirror, proxy(mirrors(mirror)) as made:
            assert status(await made.ask(b"GET / HTTP/1.1\r\n\r\n")) == "400 Bad Request"
            long = b"GET http://x/ HTTP/1.1\r\n" + b"x" * 70_000 + b"\r\n\r\n"
            assert status(await made.ask(long)) == "431 Request Header Fields Too Large"
            assert await made.ask(b"GET") == b""
            assert await made.ask(get(mirror.target)) == OK

    asyncio.run(test())
