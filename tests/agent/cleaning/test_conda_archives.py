"""Conda's archives are fetched again after they were removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portico.agent.cleaning.caches import measured, remove
from tests.agent.building.test_conda import CondaBench
from tests.channels import LAB, make_channel


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("lab"), *LAB)


def test_conda_archives_are_fetched_again(tmp_path: Path, channel: Path) -> None:
    bench = CondaBench(tmp_path, channel)
    bench.built(1, "hello")
    entries = [entry for entry in measured(bench.layout) if entry.cache == "conda"]
    assert any(entry.name.endswith(".conda") for entry in entries)
    remove(entries)
    assert [entry for entry in measured(bench.layout) if entry.cache == "conda"] == []
    shutil.rmtree(bench.layout.python / "envs")
    bench.built(2, "hello")
    assert bench.said("hello") == "hello"
