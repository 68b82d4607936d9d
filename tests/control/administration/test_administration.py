"""The administrators' pages: what each shows and does, and that nobody else gets there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client

from portico.control.access.deciding import Role
from portico.control.models import App, Event, Token
from portico.control.models.group import members_of
from portico.control.models.person import role_of
from tests.control.conftest import person

SECTIONS = ("people", "groups", "apps", "tokens", "trail", "system")
HOSTILE = "<script>alert(1)</script>"
HTML = {"Accept": "text/html"}


@pytest.fixture
def admin(db: None) -> Client:
    client = Client(headers=HTML)
    client.force_login(person("root", Role.ADMIN))
    return client


def act(client: Client, section: str, do: str, **fields: str) -> HttpResponse:
    answer: Any = client.post(f"/-/admin/{section}/", {"do": do, **fields})
    return answer


def words(client: Client, path: str) -> str:
    page = client.get(f"/-/admin/{path}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("section", SECTIONS)
def test_each_page_is_there_and_for_administrators_alone(
    admin: Client, app: App, visitor: Client, stranger: Client, section: str
) -> None:
    address = f"/-/admin/{section}/"
    assert admin.get(address).status_code == 200
    assert visitor.get(address, headers=HTML).status_code == 403
    assert visitor.post(address, {"do": "add", "name": "x"}, headers=HTML).status_code == 403
    assert "/-/accounts/login/" in stranger.get(address, headers=HTML)["Location"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_page_takes_at_most_20_queries(
    admin: Client, alice: User, section: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        App.create(f"app-{number}", alice)
        User.objects.create(username=f"person-{number}").groups.add(
            Group.objects.create(name=f"group-{number}")
        )
        Token.issue(alice, f"token-{number}")
    with django_assert_max_num_queries(20):
        admin.get(f"/-/admin/{section}/")


def test_adds_a_person_gives_a_role_and_a_link_and_removes(admin: Client) -> None:
    act(admin, "people", "add", name="carol", email="carol@example.org", role="author")
    carol = User.objects.get(username="carol")
    assert (carol.email, role_of(carol)) == ("carol@example.org", Role.AUTHOR)
    act(admin, "people", "change", person="carol", role="viewer")
    assert role_of(User.objects.get(username="carol")) is Role.VIEWER
    act(admin, "people", "link", person="carol")
    assert "Give carol this link, good once and for" in words(admin, "people/")
    act(admin, "people", "remove", person="carol")
    assert not User.objects.filter(username="carol").exists()
    trail = Event.objects.filter(user="root").values_list("verb", flat=True)
    assert {"add person", "set role", "remove person"} <= set(trail)


def test_what_is_refused_is_said_on_the_page(admin: Client) -> None:
    answer = act(admin, "people", "change", person="root", role="viewer")
    assert answer.status_code == 409
    assert "root has to stay an administrator." in answer.content.decode()
    assert act(admin, "people", "change", person="root", role="king").status_code == 400
    assert act(admin, "people", "add", name="not a name", role="viewer").status_code == 400
    assert "There is nothing called" in act(admin, "people", "explode").content.decode()


def test_people_are_looked_for_by_name_and_address(admin: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="robert@example.org")
    assert "alice" not in words(admin, "people/?q=ROBERT")
    assert "bob" in words(admin, "people/?q=ROBERT")
    assert "Nobody fits" in words(admin, "people/?q=nobody-here")


def test_groups_get_people_and_lose_them(admin: Client, alice: User) -> None:
    assert "No groups" in words(admin, "groups/")
    act(admin, "groups", "add", name="staff")
    act(admin, "groups", "add member", group="staff", person="alice")
    assert members_of(Group.objects.get(name="staff")) == ["alice"]
    act(admin, "groups", "remove member", group="staff", person="alice")
    assert members_of(Group.objects.get(name="staff")) == []
    assert act(admin, "groups", "add member", group="staff", person="nobody").status_code == 400
    act(admin, "groups", "remove", group="staff")
    assert not Group.objects.exists()


def test_apps_are_all_there_with_a_way_to_manage_them(admin: Client, app: App) -> None:
    page = admin.get("/-/admin/apps/").content.decode()
    assert 'href="/-/manage/polls/"' in page
    assert "polls" in words(admin, "apps/?q=alice")
    assert "No app fits" in words(admin, "apps/?q=unseen")


def test_a_token_of_anybody_is_revoked(admin: Client, alice: User) -> None:
    text = Token.issue(alice, "laptop")
    token = Token.objects.get(name="laptop")
    assert text not in admin.get("/-/admin/tokens/").content.decode()
    act(admin, "tokens", "revoke", token=str(token.pk))
    assert Token.of(text) is None
    assert act(admin, "tokens", "revoke", token="x").status_code == 404


def test_the_trail_is_filtered_and_exported(admin: Client, app: App, alice: User) -> None:
    app.change_settings({"title": "=1+1"}, alice)
    Event.log_of_server("root", "token", "=cmd()")
    assert "create" in words(admin, "trail/?app=polls")
    settings = words(admin, "trail/?user=alice&verb=settings")
    assert "settings: title==1+1" in settings
    assert "create" not in settings.partition("When Who")[2]
    assert "Nothing in the trail fits." in words(admin, "trail/?user=nobody")
    answer = admin.get("/-/admin/trail/export/?user=root&verb=token")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = answer.content.decode().splitlines()
    assert rows[0] == "time,user,app,verb,detail,address,way"
    assert [row.split(",", 1)[1] for row in rows[1:]] == ["root,,token,'=cmd(),,server"]


def test_the_trail_tells_from_where_and_is_filtered_by_it(admin: Client, alice: User) -> None:
    act(admin, "groups", "add", name="here")
    headers = {"X-Forwarded-For": "192.0.2.7"}
    admin.post("/-/admin/groups/", {"do": "add", "name": "there"}, headers=headers)
    assert "add group: there 192.0.2.7 browser" in words(admin, "trail/")
    rows = admin.get("/-/admin/trail/export/?from=192.0.2.7").content.decode().splitlines()
    assert [row.split(",", 1)[1] for row in rows[1:]] == ["root,,add group,there,192.0.2.7,browser"]
    assert "add group: here" in words(admin, "trail/?from=browser")
    assert "Nothing in the trail fits." in words(admin, "trail/?from=git")


def test_the_trail_is_not_exported_to_others(visitor: Client, stranger: Client) -> None:
    assert visitor.get("/-/admin/trail/export/").status_code == 403
    assert stranger.get("/-/admin/trail/export/").status_code == 401


def test_the_system_page_shows_settings_and_no_secret(admin: Client, settings: Any) -> None:
    said = words(admin, "system/")
    assert "public_apps yes" in said
    assert "encryption" not in said
    assert "portico server doctor --data" in said


def test_texts_of_others_are_never_markup(admin: Client, app: App, alice: User) -> None:
    app.change_settings({"title": HOSTILE}, alice)
    Token.issue(alice, HOSTILE)
    Event.log(app, HOSTILE, "x", HOSTILE)
    for section in SECTIONS:
        assert HOSTILE not in admin.get(f"/-/admin/{section}/").content.decode()
