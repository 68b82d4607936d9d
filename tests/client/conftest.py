"""A client of the stub server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portico import __version__
from portico.client import Client
from tests.cli.stub import TOKEN, Stub, served


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub(version=__version__)
    with served(stub) as url:
        stub.url = url
        yield stub


@pytest.fixture
def client(stub: Stub) -> Iterator[Client]:
    client = Client(stub.url, TOKEN, timeout=10)
    yield client
    client.close()
