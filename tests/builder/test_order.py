"""Orders and answers on the wire."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from portico.builder.cache_keys import EnvironmentKey
from portico.builder.encoding import decode, encode
from portico.builder.order import FinishOrder, InstallOrder, Places, PrepareOrder

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
