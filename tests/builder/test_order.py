"""Orders and answers on the wire."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from portico.builder.order import (
    EnvironmentKey,
    FinishOrder,
    InstallOrder,
    Places,
    PrepareOrder,
    decode,
    encode,
)

KEY = EnvironmentKey("stack", "3.11", "0.13", "requirements.txt", (("requirements.txt", "ab"),))


def test_orders_survive_the_wire():
    places = Places(app=Path("/elsewhere"), interpreters=(Path("/opt/bin"),))
    orders = [
        PrepareOrder(stack="s", uv="1", most_files=3, places=places),
        InstallOrder(KEY, places),
        InstallOrder(dataclasses.replace(KEY, owner=7), refresh=True),
        FinishOrder("app", "host", "ab", "uv.lock", path_mode="own", predeploy="x"),
        FinishOrder("app", "host", "ab", "uv.lock"),
    ]
    assert [decode(type(order), encode(order)) for order in orders] == orders


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
