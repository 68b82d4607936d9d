"""Who is who on a stack: the mapping of its users, and of the one that runs there."""

from __future__ import annotations

import pytest

from portico.engines.engine import Base
from portico.engines.local.user_namespaces.idmap import Mapping, Span
from portico.engines.local.user_namespaces.standing import inside, mapping_of, required_mapping
from portico.errors import PorticoError
from portico.layout import Users

ROOT = Users(0x7000_0000)
STACK = Span(0, 0x7100_0000, 0x1_0000)


def test_as_root_the_stack_has_numbers_of_its_own_and_the_app_keeps_its_number():
    app = ROOT.app(7)
    assert app is not None
    spans = (STACK, Span(app, app, 1))
    assert mapping_of(ROOT, app) == Mapping(spans, spans)


def test_without_root_the_servers_user_is_there_for_the_way_through_its_home():
    users = Users(0, 65_536)
    assert users.stack is not None
    mapping = required_mapping(users)
    assert mapping.uids[-1] == Span(0x1_0000, 0, 1)
    found = mapping_of(users, users.app(7))
    assert found is not None
    assert found.uids[-1] == Span(0x1_0000 + 1007, 1007, 1)


def test_a_number_below_the_stacks_own_is_moved_above_them():
    assert inside(1007) == 0x1_0000 + 1007
    assert inside(0x7000_03EF) == 0x7000_03EF


def test_without_several_ids_there_is_no_stack():
    assert mapping_of(Users(None), None) is None
    with pytest.raises(PorticoError) as caught:
        required_mapping(Users(None))
    assert str(caught.value) == (
        "System packages cannot be installed on this server.\n"
        "An Aptfile needs a range of user ids of its own, and the server, which does not run as "
        "root, has none.\n"
        "Ask the operator to start the server as root, or to give its user subordinate ids; "
        "`portico server doctor` says how."
    )


def test_what_begins_with_host_is_the_machines_own_system():
    assert Base().is_host
    assert Base("host:debian-12:glibc2.36:x86_64:python3.11").is_host
    assert not Base("debian:debian-13:glibc2.41:x86_64:python3.13:20261125T223056-1").is_host
