"""Networks of processes: who reaches whom, by real packets."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from portico.engines.engine import Endpoint, Probe
from portico.engines.local import LocalEngine
from portico.engines.local.network import links, own, packet_filter
from portico.engines.local.network.names import GATEWAY, PORT, Names
from portico.engines.local.network.rules import no_table, table
from portico.engines.local.network.shared import SharedNetwork
from portico.errors import PorticoError
from portico.layout import users
from tests.engines.contract import SERVE, WEB, launch
from tests.engines.local.machines import Server, output_of, run, server, until
from tests.engines.local.network.links import links_of
from tests.engines.local.network.places import (
    HERE,
    METADATA,
    PRIVATE,
    THERE,
    THERE6,
    beyond,
    listening,
    reached,
)

pytestmark = pytest.mark.machine
EVERYWHERE = "0.0.0.0"  # noqa: S104 - for a moment, on a port of the kernel's choice
NFT = shutil.which("nft", path=packet_filter.PATH) or "nft"
REFUSED = "EHOSTUNREACH"  # "no route to host": the packet filter says so at once
Test = Callable[[Server, LocalEngine], Awaitable[None]]


async def serving(engine: LocalEngine, command: str = SERVE, app_id: int = 7) -> Endpoint:
    """Where a process answers, once it does."""
    order = replace(WEB, command=command, app_id=app_id)
    instance = await engine.start(order)
    assert instance.endpoint is not None
    answers = await engine.probe(instance.handle, Probe("h", ("/",)))
    assert answers.statuses == {"/": 200}
    return instance.endpoint


def test_each_process_has_an_address_and_the_port_of_all() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        first, second = await serving(engine), await serving(engine)
        assert first.port == second.port == PORT
        assert first.address != second.address
        assert {address[:7] for address in (first.address, second.address)} == {"198.18."}
        await engine.remove_app(7)

    run(test)


def test_a_process_reaches_no_other_and_nothing_of_the_machine() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        made.add_slug({}, app_id=8)
        other = await serving(engine, app_id=8)
        own_address = await _own_address()
        with listening(EVERYWHERE) as port, listening("::") as port6:
            said = await reached(
                made,
                engine,
                f"connect,{other.address},{other.port}",
                f"connect,127.0.0.1,{port}",
                f"connect,{own_address},{port}",
                f"connect,{GATEWAY},{port}",
                f"connect,{GATEWAY},53",
                f"connect,fe80::1,{port6}",
            )
        assert said[:5] == [REFUSED, "ECONNREFUSED", REFUSED, REFUSED, REFUSED]
        assert said[5] in ("EINVAL", REFUSED, "EACCES", "ENETUNREACH")
        await engine.remove_app(8)

    run(test)


async def _own_address() -> str:
    """The machine's address towards the rest of the world."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.connect(("198.51.100.1", 9))
        address: str = asking.getsockname()[0]
    return address


def test_the_rest_of_the_world_is_reached_under_the_machine_s_address() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        with (
            beyond() as there,
            listening(EVERYWHERE, namespace=there.namespace) as port,
            listening("::", namespace=there.namespace) as port6,
        ):
            targets = [f"hear,{THERE},{port}", f"connect,{PRIVATE},{port}"]
            targets += [f"connect,{METADATA},{port}", f"hear,{THERE6},{port6}"]
            said = await reached(made, engine, *targets)
            assert said[:3] == [HERE.partition("/")[0], "connected", REFUSED]
            if own.in_thread(own.links.outside).ipv6:
                assert said[3] == "2001:db8:77::1"
            with socket.create_connection((METADATA, port)):
                """The machine itself is not kept from it."""

    run(test)


def test_private_addresses_can_be_refused() -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        made.settings = made.settings.model_copy(update={"apps_reach_private": False})
        with beyond() as there, listening(EVERYWHERE, namespace=there.namespace) as port:
            targets = (f"connect,{THERE},{port}", f"connect,{PRIVATE},{port}")
            said = await reached(made, made.engine(), *targets)
        assert said == ["connected", REFUSED]

    run(test)


def test_nobody_beyond_the_machine_reaches_a_process() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        web = await serving(engine)
        with beyond() as there:
            route = f"{web.address}/32"

            def connect() -> int:
                with own.links.IPRoute() as kernel:
                    kernel.route("add", dst=route, gateway=HERE.partition("/")[0])
                with socket.socket() as asking:
                    asking.settimeout(5)
                    return asking.connect_ex((web.address, web.port))

            tried = await asyncio.to_thread(own.within, there.namespace, connect)
        assert os.strerror(tried) == "No route to host"
        await engine.remove_app(7)

    run(test)


def test_an_app_that_listens_on_its_own_loopback_alone_is_reached() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        await serving(engine, f"{SERVE} --bind 127.0.0.1")
        await engine.remove_app(7)

    run(test)


async def output(*words: str) -> str:
    child = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    return (await child.communicate())[0].decode()


def test_only_the_server_s_own_users_reach_a_process() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        web = await serving(engine)
        program = (
            "import os, socket, sys; os.setuid(int(sys.argv[1])); "
            "s = socket.socket(); print(s.connect_ex((sys.argv[2], int(sys.argv[3]))))"
        )
        words = (sys.executable, "-c", program)
        said = [
            await output(*words, str(user), web.address, str(web.port))
            for user in (users().router, users().build, users().web, 65534)
        ]
        assert [os.strerror(int(code)) for code in said] == [
            *("Success", "Success"),
            *("No route to host", "No route to host"),
        ]
        await engine.remove_app(7)

    run(test)


def test_the_address_of_another_process_cannot_be_taken() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        other = await serving(engine)
        with beyond() as there, listening(EVERYWHERE, namespace=there.namespace) as port:
            said = await reached(made, engine, f"connect,{other.address}/{THERE},{port}")
        assert said[0] in ("EINVAL", "ENETUNREACH")
        await engine.remove_app(7)

    run(test)


def test_a_bound_service_is_reached_by_its_app_alone() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        made.add_slug({}, app_id=8)
        service = await serving(engine, app_id=8)
        target = f"connect,{service.address},{service.port}"
        app = await engine.start(replace(WEB, command="exec sleep 300", process="web.2"))
        assert app.endpoint is not None
        element = {"concat": [app.endpoint.address, service.address, service.port]}
        table = {"family": "inet", "table": Names(made.layout.runtime.name).table}
        packet_filter.load(
            {
                "nftables": [
                    {"add": {"element": {**table, "name": "service_bindings", "elem": [element]}}}
                ]
            }
        )
        made.add_slug({"reach.py": (Path(__file__).parent / "reach.py").read_text()})
        words = ("/usr/bin/python3", "reach.py", target)
        attached = await engine.execute(app.handle, words, None)
        piece = await attached.read()
        assert piece is not None
        assert piece[1].decode().split()[1] == "connected"
        assert await reached(made, engine, target) == [REFUSED]
        await engine.remove_app(7)
        await engine.remove_app(8)

    run(test)


def test_an_address_is_given_again_only_after_all_others() -> None:
    """The router may still send to a process that has ended; it must not be another app's."""

    async def test(made: Server, _: LocalEngine) -> None:
        made.settings = made.settings.model_copy(
            update={"app_network": IPv4Network("198.18.255.232/29")}
        )
        engine = made.engine()
        seen = []
        for _ in range(6):
            instance = await engine.start(launch("exec sleep 300", listens=True))
            assert instance.endpoint is not None
            seen.append(instance.endpoint.address)
            await engine.stop(instance.handle, 0)
            await until(lambda: links_of(made) == [])
        assert len(set(seen)) == 6

    run(test)


def test_nothing_leaves_the_machine_for_an_address_that_no_process_has() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        instance = await engine.start(WEB)
        assert instance.endpoint is not None
        address, port = instance.endpoint.address, instance.endpoint.port
        await engine.stop(instance.handle, 0)
        await until(lambda: links_of(made) == [])
        with pytest.raises(OSError, match="Errno 113"):
            await asyncio.open_connection(address, port)
        assert await reached(made, engine, f"connect,{address},{port}") == [REFUSED]

    run(test)


def test_servers_believe_the_router_unless_the_app_says_otherwise() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        order = launch('echo "$FORWARDED_ALLOW_IPS $PORT"', listens=True)
        assert await output_of(made, engine, order) == f"127.0.0.1,{GATEWAY} {PORT}\n"
        given = {**order.environment, "FORWARDED_ALLOW_IPS": "*", "PORT": "1"}
        other = replace(order, environment=given, process="web.2")
        assert await output_of(made, engine, other) == f"* {PORT}\n"

    run(test)


def test_a_process_that_takes_too_many_connections_gets_no_more() -> None:
    """Of those that the kernel can follow, its neighbours need some too."""

    async def test(made: Server, engine: LocalEngine) -> None:
        assert isinstance(engine._networks, own.OwnNetworks)
        usual = own.policy(engine._networks._surroundings, users(), made.settings)
        packet_filter.load(table(replace(usual, connections=3)))
        with beyond() as there, listening(EVERYWHERE, namespace=there.namespace) as port:
            targets = [f"keep,{THERE},{port}"] * 5
            said = await reached(made, engine, *targets)
            assert said == [*["connected"] * 3, REFUSED, REFUSED]
            assert (await reached(made, engine, targets[0]))[-1] == "connected"

    run(test)


def test_a_machine_where_a_place_cannot_be_made_keeps_only_rules_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(address: object, *, ipv6: bool) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    async def test(made: Server, engine: LocalEngine) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(links, "configure_inside", refuses)
            made.engine()  # processes of the first engine may run on under its rules
            assert table_of(made) is not None
            await engine.give_back()
            other = made.engine()
        assert other.notice == (
            "Apps reach each other's processes and this machine's services: "
            "Operation not permitted."
        )
        assert table_of(made) is None

    run(test)


def test_rules_that_others_have_flushed_come_back() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        await engine.adopt()
        web = await serving(engine)
        packet_filter.load(no_table(Names(made.layout.runtime.name)))
        await until(lambda: table_of(made) is not None)
        assert await reached(made, engine, f"connect,{web.address},{web.port}") == [REFUSED]
        await engine.remove_app(7)
        await engine.give_back()
        assert table_of(made) is None

    run(test)


def flush(made: Server) -> None:
    """As others do it, by a program of their own."""
    table = Names(made.layout.runtime.name).table
    subprocess.run((NFT, "delete", "table", "inet", table), check=True)


def slow_nft(folder: Path) -> Path:
    """A folder with an nft that hangs as often as there are lines in its file `slow`."""
    program, slow = folder / "nft", folder / "slow"
    program.write_text(
        f'#!/bin/sh\nif [ -s {slow} ]; then sed -i 1d {slow}; exec sleep 600; fi\nexec {NFT} "$@"\n'
    )
    program.chmod(0o755)
    return slow


def test_a_packet_filter_that_hangs_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When a server starts, which must not put all apps into one network for that; and when the
    rules that others have flushed are put back."""
    slow = slow_nft(tmp_path)

    async def test(made: Server, _: LocalEngine) -> None:
        monkeypatch.setattr(packet_filter, "PATH", f"{tmp_path}:{packet_filter.PATH}")
        monkeypatch.setattr(packet_filter, "SECONDS", 3)
        slow.write_text("once\n")
        engine = made.engine()
        assert isinstance(engine._networks, own.OwnNetworks)
        anew = "Apps' networks are made ready anew: nft was not done after 3 seconds."
        assert anew in caplog.messages
        await engine.adopt()
        slow.write_text("once\n")
        flush(made)
        said = "The rules of apps' networks could not be looked after: nft was not done after 3 seconds."
        await until(lambda: said in caplog.messages, 60)
        monkeypatch.undo()
        await until(lambda: table_of(made) is not None, 60)
        await engine.give_back()
        assert table_of(made) is None

    run(test)


def test_a_process_whose_network_takes_too_long_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = slow_nft(tmp_path)

    async def test(_: Server, engine: LocalEngine) -> None:
        monkeypatch.setattr(packet_filter, "PATH", f"{tmp_path}:{packet_filter.PATH}")
        monkeypatch.setattr(packet_filter, "SECONDS", 3)
        slow.write_text("once\n")
        with pytest.raises(PorticoError) as caught:
            await engine.start(WEB)
        assert caught.value.as_dict() == {
            "title": f"{WEB.process} of {WEB.app_name} could not be started.",
            "detail": "The server said: nft was not done after 3 seconds.",
            "hint": "Ask the operator to look at the server's disk and limits, then try again.",
        }

    run(test)


def test_nothing_is_left_of_processes_that_have_ended_or_were_killed() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        instance = await engine.start(WEB)
        killed = await engine.start(WEB)
        assert len(links_of(made)) == 2
        await engine.stop(instance.handle, 0)
        for pid in (made.pids(killed.handle).launcher.pid, made.pids(killed.handle).init.pid):
            os.kill(pid, 9)
        await engine.wait(killed.handle)
        await until(lambda: links_of(made) == [])

    run(test)


def test_left_overs_are_removed_and_what_runs_and_belongs_to_others_stays() -> None:
    async def test(made: Server, other: Server) -> None:
        await other.engine().start(WEB)
        engine = made.engine()
        runs = await engine.start(WEB)
        held = await engine._networks.take("7-web.9-left", listens=True)
        try:
            assert len(links_of(made)) == 2
            (adopted,) = await made.engine().adopt()
            assert adopted.endpoint == runs.endpoint
            assert [note.rpartition(":")[2] for note in links_of(made)] == [runs.handle]
            assert len(links_of(other)) == 1
        finally:
            held.close()

    with server() as made, server() as other:
        asyncio.run(test(made, other))


def test_two_servers_are_apart_and_end_without_each_other() -> None:
    async def test(made: Server, other: Server) -> None:
        engine = made.engine()
        there = await serving(other.engine())
        target = f"connect,{there.address},{there.port}"
        assert await reached(made, engine, target) == [REFUSED]
        await engine.give_back()
        assert table_of(made) is None
        assert table_of(other) is not None

    with server() as made, server() as other:
        asyncio.run(test(made, other))


def table_of(made: Server) -> object:
    name = Names(made.layout.runtime.name).table
    tables = (each.get("table", {}) for each in packet_filter.ruleset()["nftables"])
    return next((table for table in tables if table.get("name") == name), None)


def test_without_a_free_address_the_next_start_explains() -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        made.settings = made.settings.model_copy(
            update={"app_network": IPv4Network("198.18.255.248/30")}
        )
        engine = made.engine()
        for _ in range(2):
            await engine.start(launch("exec sleep 300", listens=True))
        with pytest.raises(PorticoError) as caught:
            await engine.start(WEB)
        assert caught.value.as_dict() == {
            "title": "No free address is left for another process.",
            "detail": "All that processes may have are in use.",
            "hint": "Stop processes that are not needed, or set a larger `app_network` and restart "
            "the server.",
        }
        await until(lambda: len(links_of(made)) == 2)
        await engine.remove_app(7)

    run(test)


def test_without_the_packet_filter_all_share_the_machine_s_network(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(made: Server, _: LocalEngine) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(packet_filter, "PATH", "/nowhere")
            engine = made.engine()
        assert isinstance(engine._networks, SharedNetwork)
        assert caplog.messages == [
            "Apps reach each other's processes and this machine's services: "
            "the program nft is missing; install the package nftables."
        ]
        endpoint = await serving(engine)
        assert endpoint.address == "127.0.0.1"
        await engine.remove_app(7)

    run(test)
