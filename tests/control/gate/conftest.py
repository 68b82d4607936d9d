from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.control.gate.house import House, house


@pytest.fixture(scope="module")
def served() -> Iterator[House]:
    """Apps on the portal's own host."""
    with house() as found:
        yield found
