"""What several tests of build steps use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builder import installing


@pytest.fixture
def step_variables() -> Iterator[None]:
    with installing.step_variables():
        yield
