"""A supervisor over stand-ins for its three processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.supervisor.harness import Fake, fake_server


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_server() as fake:
        yield fake
