"""The short form of script/chaos: a few blows, at random moments, to a server at work."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.chaos.rounds import Rounds, place, possible, rounds

SHORT = ("fill the disk", "exhaust the pids", "kill the platform", "reboot")


@pytest.fixture(scope="module")
def playing() -> Iterator[Rounds]:
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    with place(seed) as at, rounds(at, print) as playing:
        yield playing


@pytest.mark.parametrize("blow", SHORT)
def test_all_is_well_after(playing: Rounds, blow: str) -> None:
    if blow not in possible(playing.place):
        pytest.skip("needs root: a disk or a control group of its own")
    playing.play(1, blow)
