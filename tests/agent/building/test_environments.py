"""Which environment a build uses, and what it says about that."""

from __future__ import annotations

import dataclasses

import pytest

from portico.agent.building.environments import Choice, choose, reasons
from portico.agent.slugs import Record
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.order import Manifest
from portico.wire import BuildResult, Slug

KEY = EnvironmentKey("stack", "3.11", "0.13", "requirements.txt", (("requirements.txt", "ab"),))
MANIFEST = Manifest(KEY, "", python_missing=False, processes={"web": "run"})


def record(key: EnvironmentKey = KEY, without_wheel: str = "") -> Record:
    slug = Slug(build=1, environment=key.digest())
    return Record(result=BuildResult(slug=slug, processes={}), key=key, without_wheel=without_wheel)


def test_shares_an_environment_where_that_is_safe():
    assert choose(MANIFEST, 3, {}, None) == Choice(KEY)


def test_keeps_to_itself_what_is_private():
    manifest = dataclasses.replace(MANIFEST, private="requirements.txt, line 1: `-e .`")
    assert choose(manifest, 3, {}, None) == Choice(
        dataclasses.replace(KEY, owner=3),
        "The environment is this app's own: requirements.txt, line 1: `-e .`",
    )


def test_keeps_to_itself_what_a_config_var_steers():
    config = {"UV_INDEX_URL": "https://me:secret@index.test", "OTHER": "x"}
    choice = choose(MANIFEST, 3, config, None)
    assert choice.key.owner == 3
    assert choice.key.settings
    assert "secret" not in choice.key.settings
    assert choice.note == "The environment is this app's own: UV_INDEX_URL is set"
    assert choose(MANIFEST, 3, {**config, "OTHER": "y"}, None) == choice
    assert choose(MANIFEST, 3, {"UV_INDEX_URL": "other"}, None).key != choice.key


def test_remembers_that_a_shared_environment_could_not_be_made():
    last = record(without_wheel=KEY.digest())
    assert choose(MANIFEST, 3, {}, last) == Choice(
        dataclasses.replace(KEY, owner=3),
        "The environment is this app's own: not every package has a wheel",
    )
    assert choose(MANIFEST, 3, {}, record(without_wheel="other")) == Choice(KEY)
    key = dataclasses.replace(KEY, form="environment.yml")
    manifest = dataclasses.replace(MANIFEST, key=key)
    assert choose(manifest, 3, {}, record(key, without_wheel=key.digest())).note == (
        "The environment is this app's own: one of its packages has a link script"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"stack": "new"}, ("the stack changed from stack to new",)),
        ({"python": "3.12"}, ("the Python version changed from 3.11 to 3.12",)),
        (
            {"form": "uv.lock", "files": (("uv.lock", "cd"),)},
            ("the file of packages changed from requirements.txt to uv.lock",),
        ),
        ({"files": (("requirements.txt", "cd"),)}, ("requirements.txt changed",)),
        (
            {"files": (("base.txt", "1"), ("requirements.txt", "cd"))},
            ("base.txt changed", "requirements.txt changed"),
        ),
        ({"salt": "3-2"}, ("--no-cache was given",)),
        ({"index": "ours"}, ("the server's package index changed",)),
        ({"channels": "ab"}, ("the addresses of its conda channels changed",)),
        ({"uv": "0.14"}, ("the version of uv changed from 0.13 to 0.14",)),
        ({"owner": 3}, ("the app's packages or settings changed",)),
        (
            {"python": "3.12", "salt": "3-2", "owner": 3},
            ("the Python version changed from 3.11 to 3.12", "--no-cache was given"),
        ),
    ],
)
def test_says_why_the_last_environment_does_not_do(
    change: dict[str, object], expected: tuple[str, ...]
):
    assert reasons(KEY, dataclasses.replace(KEY, **change)) == expected  # type: ignore[arg-type]
