"""Delivery to real servers: good ones, dead ones, hostile ones."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import trustme

from portico.build_proxy.destinations import Destinations
from portico.build_proxy.order import ProxyOrder
from portico.log_drains import delivery as delivering
from portico.log_drains.address import parsed
from portico.log_drains.delivery import Delivery, Standing, State, pause
from portico.log_drains.messages import Line
from portico.log_drains.sending import sender_for
from portico.log_drains.waiting import AROUND, Tally, Waiting
from tests.log_drains.receivers import Receiver, over_http, over_tcp, over_udp
from tests.ports import free_port

MISSING = re.compile(
    r"Portico: ([0-9]+) lines? (?:are|is) missing here: this drain did not take them in time\."
)


class Whose:
    app = "polls"
    host = "portico.example"


def lines(*numbers: int) -> list[Line]:
    return [Line(f"2026-11-26T04:40:00.{n:06}Z", "web.1", f"line {n}") for n in numbers]


def message(number: int) -> bytes:
    head = f"<14>1 2026-11-26T04:40:00.{number:06}Z portico.example polls web.1 - - "
    return f"{head}line {number}".encode()


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "pause", lambda _: 0.05)


@contextlib.asynccontextmanager
async def drained(
    address: str,
    *,
    headers: dict[str, str] | None = None,
    most: int = 1 << 20,
    reached: bool = True,
) -> AsyncIterator[Delivery]:
    """A delivery to that address at work."""
    target = parsed(address)
    named = frozenset({(target.host, target.port)}) if reached else frozenset()
    destinations = Destinations(ProxyOrder(named), frozenset())
    sender = sender_for(target, headers or {}, destinations, Whose())
    made = Delivery(Waiting(Tally(), most), sender, lambda: None)
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(question: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not question():
            await asyncio.sleep(0.01)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """One that this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


def served(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


# --- good ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["syslog", "syslog+tcp", "syslog+tls"])
def test_syslog_gets_each_line_once_and_in_order(kind: str, authority: trustme.CA) -> None:
    @contextlib.contextmanager
    def receiving() -> Iterator[Receiver]:
        if kind == "syslog":
            with over_udp() as made:
                yield made
        else:
            with over_tcp(served(authority) if kind == "syslog+tls" else None) as made:
                yield made

    async def test(receiver: Receiver) -> None:
        async with drained(f"{kind}://localhost:{receiver.port}") as delivery:
            delivery.add(lines(1, 2))
            await until(lambda: len(receiver.messages) == 2)
            delivery.add(lines(3))
            await until(lambda: delivery.waiting.tally.sent == 3)
            assert delivery.standing == Standing(State.DELIVERING)
            await delivery.emptied()
        await until(lambda: len(receiver.messages) == 3)
        assert receiver.messages == [message(1), message(2), message(3)]

    with receiving() as receiver:
        asyncio.run(test(receiver))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http_gets_documents_with_credentials_and_keeps_its_connection(
    scheme: str, authority: trustme.CA
) -> None:
    async def test() -> None:
        with over_http(served(authority) if scheme == "https" else None) as posts:
            address = f"{scheme}://me:p%40ss@localhost:{posts.port}/in?key=1"
            async with drained(address, headers={"X-Key": "k", "user-agent": "mine"}) as delivery:
                for number in (1, 2):
                    delivery.add(lines(number))
                    await until(lambda n=number: delivery.waiting.tally.sent == n)
            assert posts.documents == [
                {"time": line.time, "app": "polls", "process": "web.1", "line": line.text}
                for line in lines(1, 2)
            ]
            path, headers, _ = posts.requests[0]
            assert path == "/in?key=1"
            basic = base64.b64encode(b"me:p@ss").decode()
            assert (
                headers.items()
                >= {
                    "Host": f"localhost:{posts.port}",
                    "Authorization": f"Basic {basic}",
                    "Content-Type": "application/x-ndjson",
                    "X-Key": "k",
                    "user-agent": "mine",
                }.items()
            )

    asyncio.run(test())


# --- bad ones -----------------------------------------------------------------------------------


def complaint_of(address: str, *, reached: bool = True) -> str:
    """Why one line is not taken there."""

    async def test() -> str:
        async with drained(address, reached=reached) as delivery:
            delivery.add(lines(1))
            await until(lambda: delivery.standing.state is State.FAILING)
            assert delivery.waiting.tally.sent == 0
            return delivery.standing.why

    return asyncio.run(test())


def test_private_addresses_are_refused_unless_the_operator_has_named_them() -> None:
    end = "which log drains may not reach. The operator can allow it: drains_reach."
    for host, kind in (
        ("127.0.0.1", "a loopback address"),
        ("localhost", "127.0.0.1, a loopback address"),
        ("10.0.0.5", "a private address"),
        ("169.254.169.254", "a link-local address"),
    ):
        for address in (f"syslog://{host}:9", f"syslog+tcp://{host}:9", f"http://{host}:9/"):
            found = complaint_of(address, reached=False).replace("::1,", "127.0.0.1,")
            assert found == f"{host} is {kind}, {end}"


def test_who_does_not_listen_is_said_to_refuse() -> None:
    port = free_port()
    refused = "127.0.0.1 does not answer: Connection refused."
    assert complaint_of(f"syslog+tcp://127.0.0.1:{port}") == refused
    assert complaint_of(f"http://127.0.0.1:{port}/") == refused
    assert complaint_of(f"syslog://127.0.0.1:{port}") == "127.0.0.1 refuses: Connection refused."


def test_a_name_that_nobody_knows_is_said_to_be_none() -> None:
    assert complaint_of("syslog+tcp://nobody.invalid:9").startswith(
        "nobody.invalid is not known: its name cannot be resolved ("
    )


def test_a_wrong_certificate_is_named(authority: trustme.CA) -> None:
    with over_tcp(served(authority, "other.example")) as receiver:
        assert complaint_of(f"syslog+tls://localhost:{receiver.port}") == (
            "The certificate of localhost is not accepted: Hostname mismatch, certificate is not "
            "valid for 'localhost'."
        )
    with over_http(served(trustme.CA())) as posts:
        assert complaint_of(f"https://localhost:{posts.port}/") == (
            "The certificate of localhost is not accepted: unable to get local issuer certificate."
        )
    with over_udp(), over_http() as posts:
        found = complaint_of(f"syslog+tls://localhost:{posts.port}")
        assert found.startswith("localhost does not speak TLS as it should: ")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (503, "localhost answered 503."),
        (401, "localhost answered 401: it wants other credentials."),
        (302, "localhost answered 302: it leads elsewhere. Give the drain that address."),
    ],
)
def test_http_that_does_not_say_yes_is_asked_again(status: int, said: str) -> None:
    async def test() -> None:
        with over_http() as posts:
            posts.statuses = [status] * 2
            async with drained(f"http://localhost:{posts.port}/") as delivery:
                delivery.add(lines(1))
                await until(lambda: delivery.standing == Standing(State.FAILING, said))
                await until(lambda: delivery.standing == Standing(State.DELIVERING))
            assert [one["line"] for one in posts.documents] == ["line 1"]

    asyncio.run(test())


@contextlib.asynccontextmanager
async def answering(answer: bytes, *, closes: bool = True) -> AsyncIterator[int]:
    """The port of one that says these bytes to whoever comes."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read(1)
            writer.write(answer)
            await writer.drain()
            if not closes:
                await reader.read()
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "127.0.0.1 ended the connection without an answer."),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "127.0.0.1 does not answer in HTTP."),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 18), "127.0.0.1 does not answer in HTTP."),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9, "127.0.0.1 does not answer in HTTP."),
        (b"HTTP/1.1 \xff\xff\r\n\r\n", "127.0.0.1 does not answer in HTTP."),
    ],
)
def test_answers_that_are_none_are_named(answer: bytes, said: str) -> None:
    async def test() -> None:
        async with (
            answering(answer) as port,
            drained(f"http://127.0.0.1:{port}/") as delivery,
        ):
            delivery.add(lines(1))
            await until(lambda: delivery.standing.state is State.FAILING)
            # Whether it is read before the reset that follows it is the kernel's to say.
            assert delivery.standing.why in (
                said,
                "The connection broke: Connection reset by peer.",
            )

    asyncio.run(test())


def test_one_that_goes_on_speaking_is_not_listened_to() -> None:
    """An endless body after a good answer: it is taken, and the connection let go."""

    async def test() -> None:
        endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"x" * (1 << 20)
        async with (
            answering(endless, closes=False) as port,
            drained(f"http://127.0.0.1:{port}/") as delivery,
        ):
            for number in (1, 2):
                delivery.add(lines(number))
                await until(lambda n=number: delivery.waiting.tally.sent == n)

    asyncio.run(test())


def test_one_that_reads_nothing_costs_bounded_memory_and_hears_later_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivering, "SECONDS", 0.5)
    port = free_port()
    most = 50 * (AROUND + 1000)
    long = [line._replace(text=line.text.ljust(1000)) for line in lines(*range(5000))]

    async def test() -> None:
        async with drained(f"syslog+tcp://127.0.0.1:{port}", most=most) as delivery:
            with over_tcp(port=port, reads=False):
                for line in long:
                    delivery.add([line])
                    await asyncio.sleep(0)
                said = "It did not take the lines within 0.5 seconds."
                await until(lambda: delivery.standing == Standing(State.FAILING, said))
                tally = delivery.waiting.tally
                assert tally.sent + tally.lost + len(delivery.waiting) == 5000
                assert len(delivery.waiting) <= 50 + 500  # and what is in hand
            monkeypatch.setattr(delivering, "SECONDS", 30)
            with over_tcp(port=port) as receiver:
                await until(lambda: receiver.messages and b"line 4999" in receiver.messages[-1])
                await until(lambda: not delivery.waiting)
                said = [one.partition(b" - - ")[2].decode() for one in receiver.messages]
                missing = [int(found[1]) for one in said if (found := MISSING.fullmatch(one))]
                # The kernel took some for the one that did not read, perhaps with such a line too.
                assert 0 < sum(missing) <= tally.lost
                assert tally.told == tally.lost
                assert tally.sent + tally.lost == 5000

    asyncio.run(test())


@pytest.mark.parametrize("kind", ["syslog+tcp", "http"])
def test_one_that_comes_back_gets_what_waited(kind: str) -> None:
    port = free_port()

    def receiving() -> contextlib.AbstractContextManager[Receiver]:
        return over_http(port=port) if kind == "http" else over_tcp(port=port)

    async def test() -> None:
        async with drained(f"{kind}://127.0.0.1:{port}") as delivery:
            with receiving():
                delivery.add(lines(1))
                await until(lambda: delivery.waiting.tally.sent == 1)
            connection = delivery._sender._connection  # type: ignore[attr-defined]
            await until(lambda: connection.is_over)
            delivery.add(lines(2))
            await until(lambda: delivery.standing.state is State.FAILING)
            delivery.add(lines(3))
            with receiving():
                await until(lambda: delivery.waiting.tally.sent == 3)
                assert delivery.standing == Standing(State.DELIVERING)

    asyncio.run(test())


def test_pauses_grow_to_a_minute() -> None:
    assert [pause(n) for n in (1, 2, 3, 6, 7, 1000)] == [1, 2, 4, 32, 60, 60]
