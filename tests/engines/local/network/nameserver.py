"""A name server that knows one name."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from portico.engines.local.network.namespaces import in_thread, within

KNOWN, ITS_ADDRESS = "known.portico.test", "192.0.2.77"
ADDRESS_OF = 1  # the kind of question


@contextmanager
def nameserver(address: str, namespace: int | None = None) -> Iterator[set[str]]:
    """Answers at port 53, by UDP and TCP; the addresses of those who asked, as it saw them."""

    def opened() -> tuple[socket.socket, socket.socket]:
        by_udp = socket.socket(type=socket.SOCK_DGRAM)
        by_udp.bind((address, 53))
        return by_udp, socket.create_server((address, 53))

    sockets = within(namespace, opened) if namespace is not None else in_thread(opened)
    asked: set[str] = set()
    for serve, one in zip((_serve_udp, _serve_tcp), sockets, strict=True):
        threading.Thread(target=serve, args=(one, asked), daemon=True).start()
    try:
        yield asked
    finally:
        for one in sockets:
            with suppress(OSError):  # not connected; all the same it wakes who waits for a question
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _serve_udp(server: socket.socket, asked: set[str]) -> None:
    while True:
        try:
            question, asker = server.recvfrom(4096)
            if not question:  # what a closed socket gives
                return
            server.sendto(answer(question), asker)
        except OSError:
            return
        asked.add(asker[0])


def _serve_tcp(server: socket.socket, asked: set[str]) -> None:
    while True:
        try:
            connection, asker = server.accept()
        except OSError:
            return
        asked.add(asker[0])
        with connection:
            while size := connection.recv(2):
                said = answer(connection.recv(struct.unpack(">H", size)[0]))
                connection.sendall(struct.pack(">H", len(said)) + said)


def answer(question: bytes) -> bytes:
    """The address of the one name; nothing of another kind, and no other name."""
    end = question.index(b"\0", 12) + 5
    asked, (kind, _) = question[12:end], struct.unpack(">HH", question[end - 4 : end])
    known = asked[:-4] == b"".join(
        bytes([len(part)]) + part.encode() for part in (*KNOWN.split("."), "")
    )
    count = int(known and kind == ADDRESS_OF)
    head = question[:2] + struct.pack(">HHHHH", 0x8180 | (0 if known else 3), 1, count, 0, 0)
    found = struct.pack(">HHHIH", 0xC00C, ADDRESS_OF, 1, 60, 4) + socket.inet_aton(ITS_ADDRESS)
    return head + asked + found * count
