from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.router.running import EchoServer, Router, echo_server, running_router


@pytest.fixture
def router() -> Iterator[Router]:
    with running_router() as router:
        yield router


@pytest.fixture
def backend() -> Iterator[EchoServer]:
    with echo_server("app") as server:
        yield server
