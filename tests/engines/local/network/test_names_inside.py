"""Names are resolved in a process's network, wherever the machine's resolver listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.engines.local import LocalEngine
from portico.engines.local.network import resolver
from tests.engines.contract import launch
from tests.engines.local.machines import Server, output_of, run
from tests.engines.local.network.nameserver import ITS_ADDRESS, KNOWN, nameserver
from tests.engines.local.network.places import METADATA, THERE, beyond, listening, reached

pytestmark = pytest.mark.machine
NEAR = "127.77.0.53"  # on loopback, where no resolver of this machine is
ASK = f"getent hosts {KNOWN}; grep nameserver /etc/resolv.conf"


def with_resolver(monkeypatch: pytest.MonkeyPatch, made: Server, text: str) -> LocalEngine:
    file = made.layout.data / "resolv.conf"
    file.write_text(text)
    monkeypatch.setattr(resolver, "FILE", file)
    monkeypatch.setattr(resolver, "UPSTREAM", Path("/nowhere"))
    return made.engine()


@pytest.mark.parametrize("options", ["", "options use-vc\n"], ids=["udp", "tcp"])
def test_by_a_resolver_on_the_machine_s_loopback(
    monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        engine = with_resolver(monkeypatch, made, f"nameserver {NEAR}\n{options}")
        with nameserver(NEAR) as asked:
            address, name, _, gateway = (await output_of(made, engine, launch(ASK))).split()
        assert (address, name, gateway) == (ITS_ADDRESS, KNOWN, "169.254.1.1")
        # One that answers its own machine alone must take the question for that machine's.
        assert asked == {"127.0.0.1"}

    run(test)


def test_nothing_else_of_loopback_is_reached_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        engine = with_resolver(monkeypatch, made, f"nameserver {NEAR}\n")
        with listening(NEAR) as port:
            said = await reached(made, engine, f"connect,169.254.1.1,{port}")
        assert said == ["EHOSTUNREACH"]

    run(test)


@pytest.mark.parametrize("address", [THERE, METADATA])
def test_by_a_resolver_beyond_the_machine_also_at_a_refused_address(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        engine = with_resolver(monkeypatch, made, f"nameserver {address}\n")
        with beyond() as there, nameserver(address, there.namespace):
            said = (await output_of(made, engine, launch(ASK))).split()
        assert said == [ITS_ADDRESS, KNOWN, "nameserver", address]

    run(test)
