"""The resolv.conf of processes, from the machine's."""

from __future__ import annotations

import pytest

from portico.engines.local.network.resolver import Resolver, resolver

UPSTREAM = "nameserver 192.0.2.53\nsearch example.org\n"
STUB = "nameserver 127.0.0.53\noptions edns0\n"


@pytest.mark.parametrize(
    ("text", "upstream", "found"),
    [
        (
            "nameserver 192.0.2.1\nsearch a.test\n",
            None,
            Resolver("search a.test\nnameserver 192.0.2.1\n", ("192.0.2.1",)),
        ),
        (
            "nameserver 127.0.0.1\nnameserver 192.0.2.1\n",
            UPSTREAM,  # of a resolver that this machine does not ask
            Resolver("nameserver 169.254.1.1\nnameserver 192.0.2.1\n", ("192.0.2.1",), "127.0.0.1"),
        ),
        (STUB, UPSTREAM, Resolver("search example.org\nnameserver 192.0.2.53\n", ("192.0.2.53",))),
        (STUB, None, Resolver("options edns0\nnameserver 169.254.1.1\n", (), "127.0.0.53")),
        (STUB, STUB, Resolver("options edns0\nnameserver 169.254.1.1\n", (), "127.0.0.53")),
        ("", None, Resolver("nameserver 169.254.1.1\n", (), "127.0.0.1")),
        ("nameserver\nnameserver x\n", None, Resolver("nameserver 169.254.1.1\n", (), "127.0.0.1")),
        (
            "nameserver ::1\nnameserver fe80::1%eth0\nnameserver 2001:db8::1\n",
            None,
            Resolver("nameserver 2001:db8::1\n", ("2001:db8::1",)),
        ),
    ],
)
def test_what_processes_are_told(text: str, upstream: str | None, found: Resolver) -> None:
    assert resolver(text, upstream) == found
