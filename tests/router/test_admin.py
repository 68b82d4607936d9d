from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.router.admin import RouterAdmin
from portico.router.routes import Backend
from tests.router.running import EchoServer, Router, app, own


def test_endpoints_are_those_of_one_app_without_the_waiting_room(
    router: Router, backend: EchoServer
) -> None:
    six = Backend("::1", 8001)
    router.serve(app(1), backend.backend, six)
    router.serve(app(10), Backend("127.0.0.1", 8002))
    assert router.admin(lambda admin: admin.endpoints(own(1))) == {
        ("127.0.0.1", backend.backend.port),
        ("::1", 8001),
    }
    assert router.admin(lambda admin: admin.endpoints(own(2))) == set()
    assert router.admin(lambda admin: admin.taken(own(1), [six, backend.backend]))
    assert not router.admin(lambda admin: admin.taken(own(1), [six]))


def test_stats_are_those_that_are_asked_for(router: Router) -> None:
    assert router.admin(lambda admin: admin.stats(r"^server\.live$")) == {"server.live": 1}
    assert router.admin(lambda admin: admin.stats("^cluster\\.")) == {}


def test_a_client_goes_on_after_the_router_was_started_again(router: Router) -> None:
    async def across_a_restart() -> list[bool]:
        async with RouterAdmin(router.config.admin_socket) as admin:
            before = await admin.ready()
            router.process.kill()
            router.process.wait()
            return [before, await admin.ready(), await admin.taken(own(1), ())]

    assert asyncio.run(across_a_restart()) == [True, False, False]


def test_a_router_that_is_away_is_told_in_words(tmp_path: Path) -> None:
    async def ask() -> None:
        async with RouterAdmin(tmp_path / "admin.sock") as admin:
            assert not await admin.ready()
            assert not await admin.taken(own(1), ())
            await admin.endpoints(own(1))

    with pytest.raises(PorticoError) as caught:
        asyncio.run(ask())
    assert caught.value.as_dict() == {
        "title": "The router does not answer.",
        "detail": "Asking it for /clusters failed: [Errno 2] No such file or directory.",
        "hint": "See whether it runs with `portico server status`; its log is logs/router.log in "
        "the data folder.",
    }
