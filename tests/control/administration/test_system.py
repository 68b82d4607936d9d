"""The page of the server itself: what it shows of what the agent has said, and in which state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from portico.control import presence
from portico.control.access.deciding import Role
from portico.control.administration import system
from portico.control.administration.system import LARGEST, disk, doctor
from portico.control.examining import known
from portico.control.examining.asking import Asking
from portico.control.models import App, Token
from portico.disk_use import merged
from tests.control.conftest import person
from tests.control.examining import telling
from tests.control.examining.telling import MACHINE, PROBLEM, contents, tell
from tests.test_disk_use import CONTENTS, INVENTORY

PAGE = "/-/admin/system/"
API = "/-/api/v1/server/examination"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Nobody has asked before this test."""
    own = Asking()
    for module in (known, telling, system):
        monkeypatch.setattr(module, "asking", own)
    return own


@pytest.fixture
def admin(db: None) -> Client:
    client = Client(headers={"Accept": "text/html"})
    client.force_login(person("root", Role.ADMIN))
    return client


@pytest.fixture(params=[True, False], ids=["agent here", "agent away"])
def agent_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    monkeypatch.setattr(presence, "agent", presence.Presence())
    if request.param:
        with presence.agent.asking():
            yield True
    else:
        yield False


def words(client: Client) -> str:
    page = client.get(PAGE).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def polls(client: Client) -> bool:
    return 'hx-trigger="every 3s"' in client.get(PAGE).content.decode()


def test_before_the_agent_has_said_anything(admin: Client, agent_here: bool) -> None:
    said = words(admin)
    waits = "The agent is looking; reload the page in a moment if nothing appears"
    assert (waits in said, polls(admin)) == (agent_here, agent_here)
    away = "The agent is away. It has not said anything yet. Type `portico server status` on"
    assert (away in said) == (not agent_here)
    assert said.count("Nothing is known yet.") == (0 if agent_here else 2)
    assert "Portico" in said.partition("Versions")[2]


def test_what_the_agent_has_said(admin: Client, app: App, agent_here: bool) -> None:
    tell(machine=MACHINE)
    tell(disk=contents(app.pk))
    said = words(admin)
    assert not polls(admin)
    assert ("What stands here is what it has said before." in said) == (not agent_here)
    assert (
        "Off, and needed: uv Install Portico again; uv comes with it. "
        "Off: user namespaces as root run sysctl user.max_user_namespaces=15000."
    ) in said
    assert "On git The server runs as root." in said
    assert "polls 1 1.0 MB 15 B 4 B 5 B 1.0 MB" in said
    assert "aaaaaaaaaaaa 74.3 MB polls build 3" in said
    assert "packages in cache 31.0 MB" in said
    assert "server's git" not in said  # takes nothing
    assert "Envoy 1.40.0 git 2.39.5" in said


def test_why_the_agent_could_not_look(admin: Client, agent_here: bool) -> None:
    tell(machine=PROBLEM)
    said = words(admin)
    assert "The machine could not be examined. No space. Free some." in said
    tell(machine=MACHINE)
    tell(machine=PROBLEM)
    assert "Off, and needed: uv" in words(admin)


def test_the_button_asks_again(admin: Client, asking: Asking) -> None:
    tell(machine=MACHINE)
    tell(disk=contents())
    assert not asking.take()
    answer = admin.post(PAGE, {"do": "look again"}, follow=True)
    assert "The agent looks again; what it finds appears here." in answer.content.decode()
    assert asking.take()


def test_texts_of_the_machine_are_never_markup(admin: Client, agent_here: bool) -> None:
    found = contents()
    hostile = found.environments[0].__class__(HOSTILE, None, 1, ())
    tell(disk=found.__class__(**{**vars(found), "environments": (hostile,)}))
    tell(machine=PROBLEM.model_copy(update={"detail": HOSTILE}))
    assert HOSTILE[:12] not in admin.get(PAGE).content.decode().partition("<main")[2]


def test_what_is_needed_comes_before_what_is_off() -> None:
    document = MACHINE.model_dump(mode="json")
    found = doctor(document)
    assert found is not None
    assert [check["name"] for check in found["off"]] == ["uv", "user namespaces"]
    assert (found["on"], found["as_root"]) == (["git"], True)
    assert doctor(None) is None


def test_the_disks_tables_are_those_of_the_command_line() -> None:
    assert disk(None) is None
    assert disk({"data": "/srv/portico", **merged(CONTENTS, INVENTORY)}) == {
        "total": "6.0 MB",
        "free": "7.0 GB",
        "apps": [
            ("polls", 2, "1.0 MB", "18 B", "4 B", "5 B", "1.0 MB"),
            ("app 9", 0, "15 B", "15 B", "4 B", "5 B", "39 B"),
        ],
        "more_apps": 0,
        "environments": [
            ("a" * 12, "150 MB", "polls v1 v2 build 12, app 9 build 1"),
            ("b" * 12, "3 B", "nothing"),
        ],
        "more_environments": 0,
        "shared": [
            ("packages in cache", "1.5 MB"),
            ("cpython-3.12.1-linux", "1 B"),
            ("server's git", "2 B"),
        ],
    }


def test_of_many_apps_the_largest_are_shown(admin: Client, agent_here: bool) -> None:
    tell(disk=contents(*range(1, LARGEST + 6)))
    assert "And 5 smaller: portico system shows all." in words(admin)
    assert len(admin.get(API).json()["disk"]["use"]["apps"]) == LARGEST + 5


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_api_tells_administrators_alone(
    admin: Client, visitor: Client, client: Client, stranger: Client, method: str, asking: Asking
) -> None:
    reading = Token.issue(person("other", Role.ADMIN), "reading", read_only=True)
    reader = Client(headers={"authorization": f"Bearer {reading}"})
    answers: dict[str, Any] = {
        name: getattr(who, method)(API).status_code
        for name, who in (("author", client), ("stranger", stranger), ("reader", reader))
    }
    assert answers == {"author": 403, "stranger": 401, "reader": 403}
    assert visitor.get(API).status_code == 403
    assert not asking.take()  # nobody had the agent look
    token = Token.issue(person("third", Role.ADMIN), "whole")
    whole = Client(headers={"authorization": f"Bearer {token}"})
    assert getattr(whole, method)(API).status_code == {"get": 200, "post": 202}[method]
