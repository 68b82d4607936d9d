"""The debian stack and apt layers from the agent's side: names, keys, reasons, what is kept."""

from __future__ import annotations

import asyncio
import platform
from dataclasses import replace
from pathlib import Path

from portico.agent.apt_layers import key_of, layers, reasons
from portico.agent.stacks import Recipe, collect_stacks, current, identities
from portico.builder.order import Apt, LayerKey, StackMade
from portico.layout import Layout

MADE = StackMade("13", "glibc2.41", "3.13")
RECIPE = Recipe("x86_64", 1)
IDENTITY = "debian:debian-13:glibc2.41:x86_64:python3.13:20261125T223056-1"
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
    older = IDENTITY.replace("20261125", "20250101")
    other = IDENTITY.replace("20261125", "20270101").replace("-1", "-2")
    made(layout, older, IDENTITY, other)
    (layout.stacks / "trixie-99.new").mkdir()
    assert sorted(identities(layout)) == sorted([older, IDENTITY, other])
    assert current(layout, RECIPE) == IDENTITY


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
