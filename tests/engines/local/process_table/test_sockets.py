"""The kernel's tables of sockets."""

from __future__ import annotations

import os
import socket

from portico.engines.local.process_table.sockets import (
    Socket,
    connections,
    listening,
    parse,
    socket_inodes,
    tcp_sockets,
)

LINES = """\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 112 1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 113 1
   3: 0100007F:1F90 0100007F:C351 06 00000000:00000000 03:00000000 00000000     0        0 0 3
"""


def test_a_table_is_read() -> None:
    assert list(parse(LINES.splitlines())) == [
        Socket(8080, 0x0A, 111),
        Socket(8080, 0x01, 112),
        Socket(50000, 0x01, 113),
        Socket(8080, 0x06, 0),
    ]


def test_only_established_connections_to_the_port_count() -> None:
    assert connections(parse(LINES.splitlines()), 8080) == 1


def test_only_sockets_that_are_held_listen_for_their_holder() -> None:
    assert listening(parse(LINES.splitlines()), {111, 112}) == (8080,)
    assert listening(parse(LINES.splitlines()), {999}) == ()


def test_this_process_is_found_listening_on_both_families() -> None:
    with socket.create_server(("127.0.0.1", 0)) as four, socket.socket(socket.AF_INET6) as six:
        six.bind(("::1", 0))
        six.listen()
        ports = {four.getsockname()[1], six.getsockname()[1]}
        found = listening(tcp_sockets(os.getpid()), socket_inodes([os.getpid()]))
        assert ports <= set(found)


def test_a_process_that_has_ended_has_no_sockets() -> None:
    assert tcp_sockets(2**22 + 1) == []
    assert socket_inodes([2**22 + 1]) == set()
