"""Equal keys, equal environments."""

from __future__ import annotations

import dataclasses

from portico.builder.cache_keys import EnvironmentKey

KEY = EnvironmentKey("stack", "3.11", "0.13", "requirements.txt", (("requirements.txt", "ab"),))


def test_equal_keys_name_one_environment():
    again = EnvironmentKey(
        "stack", "3.11", "0.13", "requirements.txt", (("requirements.txt", "ab"),)
    )
    assert again.digest() == KEY.digest()
    assert len(KEY.digest()) == 32


def test_everything_in_a_key_makes_another_environment():
    others = [
        dataclasses.replace(KEY, stack="other"),
        dataclasses.replace(KEY, python="3.12"),
        dataclasses.replace(KEY, uv="0.14"),
        dataclasses.replace(KEY, form="uv.lock"),
        dataclasses.replace(KEY, files=(("requirements.txt", "cd"),)),
        dataclasses.replace(KEY, shape="x"),
        dataclasses.replace(KEY, salt="x"),
        dataclasses.replace(KEY, settings="x"),
        dataclasses.replace(KEY, index="x"),
        dataclasses.replace(KEY, owner=1),
        dataclasses.replace(KEY, owner=2),
    ]
    assert len({key.digest() for key in (KEY, *others)}) == 1 + len(others)
