"""What the agent's tests share: a runtime folder that goes with the test, not one below /run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Sockets lie in it, and their names must be short: pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="runtime-") as folder:
        monkeypatch.setenv("PORTICO_RUNTIME", folder)
        yield
