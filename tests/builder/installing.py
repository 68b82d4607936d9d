"""The install step without a sandbox, on trees of a test."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portico.builder.install import install
from portico.builder.order import InstallOrder
from portico.errors import PorticoError
from tests.agent.building.unsandboxed import variables
from tests.builder.apps import manifest_of, places_of


@contextmanager
def step_variables() -> Iterator[None]:
    """A step has no variables but its own."""
    before, clean = dict(os.environ), variables()
    os.environ.clear()
    os.environ.update(clean)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def order_for(tree: Path, folder: Path, owner: int | None = None) -> InstallOrder:
    key = manifest_of(tree, folder).key
    return InstallOrder(dataclasses.replace(key, owner=owner), places_of(tree, folder))


def environment_of(order: InstallOrder) -> Path:
    return order.places.environment(order.key.digest())


def told(order: InstallOrder) -> str:
    with pytest.raises(PorticoError) as caught:
        install(order)
    return str(caught.value)


def has(order: InstallOrder, distribution: str) -> bool:
    found = environment_of(order).glob(f"lib/python3.*/site-packages/{distribution}.dist-info")
    return bool(list(found))


def uv(tree: Path, folder: Path, *arguments: str) -> None:
    """What an author types on their own machine."""
    environment = {**variables(), **os.environ, "UV_CACHE_DIR": str(folder / "py/cache")}
    subprocess.run([places_of(tree, folder).uv, *arguments], cwd=tree, env=environment, check=True)


def python(order: InstallOrder, program: str) -> str:
    """What a program prints in the environment."""
    command = [environment_of(order) / "bin/python", "-c", program]
    return subprocess.check_output(command, text=True).strip()
