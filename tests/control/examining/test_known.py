"""What pages and API get to know of the machine and the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

import portico
from portico.control import presence
from portico.control.examining import known
from portico.control.examining.asking import Asking
from portico.control.examining.known import OLD, examined
from portico.control.models import App, Deploy, ExaminedPart
from tests.control.examining import telling
from tests.control.examining.telling import MACHINE, PROBLEM, contents, tell
from tests.control.reporting import go_live

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Nobody has asked before this test."""
    own = Asking()
    monkeypatch.setattr(known, "asking", own)
    monkeypatch.setattr(telling, "asking", own)
    return own


@pytest.fixture
def agent_here() -> Iterator[None]:
    with presence.agent.asking():
        yield


def test_what_nobody_has_said_is_asked_for(asking: Asking, agent_here: None) -> None:
    found = examined()
    assert (found.agent_here, found.machine.looking, found.disk.looking) == (True, True, True)
    assert (found.machine.document, found.disk.document, found.machine.found_at) == (None,) * 3
    assert asking.take()


def test_an_agent_that_is_away_does_not_look(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "agent", presence.Presence())
    found = examined()
    assert (found.agent_here, found.machine.looking) == (False, False)
    assert asking.take()  # it hears of it when it comes back


def test_what_was_said_lately_is_not_asked_for_again(asking: Asking, agent_here: None) -> None:
    tell(machine=MACHINE)
    tell(disk=contents())
    assert not examined().machine.looking
    assert not asking.take()
    ExaminedPart.objects.filter(pk="disk").update(told_at=known.timezone.now() - 2 * OLD)
    assert examined().disk.looking
    assert asking.take()


def test_each_part_stands_for_itself(asking: Asking, agent_here: None) -> None:
    examined()
    tell(machine=MACHINE)
    found = examined()
    assert (found.machine.looking, found.disk.looking) == (False, True)
    assert found.machine.document == {
        "as_root": True,
        "checks": [
            {"name": "git", "on": True, "how": "apt-get install git", "needed": True},
            {
                "name": "user namespaces",
                "on": False,
                "how": "as root run sysctl user.max_user_namespaces=15000.",
                "needed": False,
            },
            {
                "name": "uv",
                "on": False,
                "how": "Install Portico again; uv comes with it.",
                "needed": True,
            },
        ],
        "versions": [["Envoy", "1.40.0"], ["git", "2.39.5"]],
    }


def test_what_was_found_stays_when_another_try_fails(agent_here: None) -> None:
    tell(machine=MACHINE)
    first = examined().machine
    tell(machine=PROBLEM)
    failed = examined().machine
    assert (failed.document, failed.found_at) == (first.document, first.found_at)
    assert failed.problem == PROBLEM.model_dump()
    tell(machine=MACHINE)
    again = examined().machine
    assert again.problem is None
    assert again.found_at is not None
    assert first.found_at is not None
    assert again.found_at - first.found_at > timedelta(0)


def test_the_disk_has_the_names_of_today(
    app: App, upload: Callable[..., Deploy], agent_here: None
) -> None:
    deploy = upload(b"one")
    go_live(deploy)
    tell(disk=contents(app.pk, 4711))
    disk = examined().disk.document
    assert disk is not None
    names = {each["name"]: each["id"] for each in disk["apps"]}
    assert names == {"polls": app.pk, "app 4711": 4711}
    assert (disk["total"], disk["free"]) == (3_000_000, 54_200_000_000)
    app.rename("renamed", app.owner)
    renamed = examined().disk.document
    assert renamed is not None
    assert {each["name"] for each in renamed["apps"]} == {"renamed", "app 4711"}


def test_versions_are_webs_own_and_then_the_agents(agent_here: None) -> None:
    own = ["Portico", "Python", "Django", connection.display_name]
    assert list(examined().versions) == own
    assert examined().versions["Portico"] == portico.__version__
    tell(machine=MACHINE)
    assert list(examined().versions) == [*own, "Envoy", "git"]
