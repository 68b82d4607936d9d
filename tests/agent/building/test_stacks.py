"""The debian stack and apt layers from the agent's side: names, keys, reasons, what is kept."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from portico.agent.building.apt_layers import key_of, layers, reasons
from portico.agent.building.operators import Operators
from portico.agent.building.stacks import (
    Recipe,
    collect_stacks,
    current,
    debian_stack,
    identities,
    python_of,
)
from portico.agent.building.steps import Sandbox, base_of
from portico.builder.cache_keys import LayerKey
from portico.builder.order import Apt, Debian, StackMade, StackOrder
from portico.engines.engine import Base, BoxUser
from portico.errors import PorticoError
from portico.layout import Layout

MADE = StackMade("13", "glibc2.41", "3.13.5")
RECIPE = Recipe("x86_64", 1)
IDENTITY = "debian:debian-13:glibc2.41:x86_64:python3.13.5:20261125T223056-1"
KEY = LayerKey(IDENTITY, "ab", (("k.asc", "cd"),), "", 3)


def made(layout: Layout, *names: str) -> None:
    for name in names:
        layout.stack(name).mkdir(parents=True)


def test_an_identity_says_what_a_stack_is():
    assert RECIPE.identity(MADE, "20261125T223056") == IDENTITY
    assert RECIPE.fits(IDENTITY)
    assert not Recipe("aarch64").fits(IDENTITY)
    assert not Recipe("x86_64", 2).fits(IDENTITY)
    assert not RECIPE.fits("host:debian-12:glibc2.36:x86_64:python3.11")


def test_the_newest_whole_stack_of_the_recipe_is_taken(tmp_path: Path):
    layout = Layout(tmp_path)
    assert current(layout, RECIPE) is None
    assert python_of(None) == ""
    older = IDENTITY.replace("20261125", "20250101")
    other = IDENTITY.replace("20261125", "20270101").replace("-1", "-2")
    made(layout, older, IDENTITY, other)
    (layout.stacks / "trixie-99.new").mkdir()
    assert sorted(identities(layout)) == sorted([older, IDENTITY, other])
    assert current(layout, RECIPE) == IDENTITY
    assert python_of(IDENTITY) == "3.13.5"


def test_a_stack_goes_when_it_is_not_the_newest_and_no_slug_stands_on_it(tmp_path: Path):
    layout = Layout(tmp_path)
    newest = Recipe(platform.machine()).identity(MADE, "20990101T000000")
    used = newest.replace("2099", "2098")
    made(layout, newest, used, newest.replace("2099", "2097"))
    (layout.stacks / "trixie-99.new").mkdir()
    asyncio.run(collect_stacks(layout, {used}))
    assert sorted(identities(layout)) == sorted([newest, used])
    assert not list(layout.stacks.glob("*.new"))


def test_a_layers_key_is_made_of_what_the_agent_has_hashed_itself():
    apt = Apt("tini\n", (("k.asc", "YWJj"),))
    assert key_of(IDENTITY, apt, "salt", 3) == LayerKey(
        IDENTITY,
        "b4df102678a0471116a4762bb903d41e43cc31eff6848ce9407912a6ccf407e9",
        (("k.asc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),),
        "salt",
        3,
    )


def test_equal_keys_are_equal_layers():
    assert KEY.digest() == replace(KEY).digest()
    assert len({KEY.digest(), replace(KEY, owner=4).digest(), replace(KEY, salt="x").digest()}) == 3


def test_says_why_a_layer_is_made_again():
    assert reasons(None, KEY) == ()
    assert reasons(KEY, KEY) == ("the one of the last build is gone",)
    assert reasons(replace(KEY, aptfile="x"), KEY) == ("Aptfile changed",)
    assert reasons(replace(KEY, keys=()), KEY) == ("k.asc changed",)
    assert reasons(KEY, replace(KEY, salt="3-9")) == ("--no-cache was given",)
    older = IDENTITY.replace("2026", "2025")
    assert reasons(replace(KEY, stack=older), KEY) == (
        f"the stack changed from {older} to {IDENTITY}",
    )


def test_layers_are_listed_whole_or_not(tmp_path: Path):
    layout = Layout(tmp_path)
    assert layers(layout, 3) == []
    (layout.apt_layers(3) / "ab.new").mkdir(parents=True)
    assert layers(layout, 3) == ["ab.new"]


class Making:
    """Stands for the sandboxes of a build: makes a stack slowly, or fails in the middle of it."""

    def __init__(self, layout: Layout, *, fails: bool = False) -> None:
        self.layout = layout
        self.fails = fails
        self.made = 0

    async def step(self, name: str, order: StackOrder, _: type[StackMade], **box: Any) -> StackMade:
        assert (name, order.release, box["user"]) == ("stack", "trixie", BoxUser.PACKAGES)
        self.made += 1
        (self.layout.stacks / f"{box['makes']}.new").mkdir()
        await asyncio.sleep(0.05)
        if self.fails:
            raise PorticoError("It could not be made.")
        return MADE


def asked(making: Making, log: list[str]) -> Coroutine[Any, Any, str]:
    sandbox = cast("Sandbox", making)
    return debian_stack(sandbox, making.layout, Operators(Debian("u", "k")), log.append)


def test_two_builds_at_once_make_one_stack(tmp_path: Path):
    layout, log = Layout(tmp_path), list[str]()
    layout.stacks.mkdir()
    first, second = Making(layout), Making(layout)

    async def both() -> list[str]:
        return list(await asyncio.gather(asked(first, log), asked(second, log)))

    names = asyncio.run(both())
    assert len(set(names)) == 1
    assert first.made + second.made == 1
    assert identities(layout) == [names[0]]
    assert log == ["Building debian stack (trixie) because this server has none yet"]


def test_a_half_made_stack_never_counts_and_does_not_stay(tmp_path: Path):
    layout = Layout(tmp_path)
    layout.stacks.mkdir()
    with pytest.raises(PorticoError):
        asyncio.run(asked(Making(layout, fails=True), []))
    assert [path.name for path in layout.stacks.iterdir()] == [".lock"]
    assert asyncio.run(asked(Making(layout), [])) == identities(layout)[0]


def test_what_is_shared_is_made_on_the_stack_alone():
    base = Base(IDENTITY, "a" * 32)
    assert base_of(base, BoxUser.APP) == base
    assert base_of(base, BoxUser.BUILD) == Base(IDENTITY)
    assert base_of(Base(), BoxUser.BUILD) == Base()
