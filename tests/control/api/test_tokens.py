"""Tokens: made, listed, limited, expired, revoked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from portico.control import callers
from portico.control.access.deciding import Role
from portico.control.models import App, Event, Token
from portico.errors import PorticoError
from tests.control.conftest import person

API = "/-/api/v1"


def send(token: str, method: str, path: str, body: Any = None) -> Any:
    client = Client(headers={"authorization": f"Bearer {token}"})
    text = "" if body is None else json.dumps(body)
    return client.generic(method, f"{API}{path}", text, content_type="application/json")


@pytest.fixture
def whole(alice: User) -> str:
    return Token.issue(alice, "laptop")


def made(token: str, **wanted: Any) -> dict[str, Any]:
    answer = send(token, "POST", "/tokens", {"name": "ci", **wanted})
    assert answer.status_code == 201, answer.content
    document: dict[str, Any] = answer.json()
    return document


def test_a_token_is_shown_once_and_kept_as_a_hash(whole: str, app: App) -> None:
    document = made(whole, app="polls", read_only=True, days=3)
    text = document.pop("token")
    assert text.startswith("portico_")
    listed = send(whole, "GET", "/tokens").json()
    assert [one["name"] for one in listed] == ["laptop", "ci"]
    assert listed[1] == document
    assert text not in json.dumps(listed)
    assert document.pop("created_at") < document.pop("expires_at")
    number = document.pop("id")
    assert document == {
        "name": "ci",
        "user": "alice",
        "app": "polls",
        "read_only": True,
        "metrics": False,
        "expired": False,
        "last_used_at": None,
    }
    assert not Token.objects.filter(digest=text).exists()
    assert Event.objects.filter(verb="token", user="alice", app_id=None).first().detail == (  # type: ignore[union-attr]
        f"{number} ci for alice"
    )


def test_its_use_is_noted_once_a_minute_and_at_no_price(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Token.issue(alice, "ci")
    callers.by_token(text)
    first = Token.objects.get().last_used_at
    assert first is not None
    callers.by_token(text)
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=2))

    def full(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet.update", full)
        callers.by_token(text)
    callers.by_token(text)
    assert Token.objects.get().last_used_at >= first


def test_a_token_for_one_app_knows_no_other(whole: str, app: App, alice: User) -> None:
    App.create("blog", alice)
    text = made(whole, app="polls")["token"]
    assert [one["name"] for one in send(text, "GET", "/apps").json()] == ["polls"]
    assert send(text, "GET", "/apps/blog").status_code == 404
    assert send(text, "PATCH", "/apps/polls/config", {"A": "1"}).status_code == 202
    assert {one["app"] for one in send(text, "GET", "/events").json()} == {"polls"}
    assert send(text, "POST", "/apps", {"name": "new"}).json() == {
        "status": 403,
        "title": "Your token may not make apps.",
        "detail": "The token 'ci' is good for one app alone.",
        "hint": "Use one that is good for more: portico login, or portico tokens create",
    }
    who = send(text, "GET", "/whoami").json()
    assert (who["user"], who["app"], who["read_only"]) == ("alice", "polls", False)


def test_a_token_to_look_changes_nothing_and_sees_no_config_vars(whole: str, app: App) -> None:
    text = made(whole, read_only=True)["token"]
    assert send(text, "GET", "/apps/polls").json()["git_url"]
    assert send(text, "GET", "/apps/polls/releases").status_code == 200
    assert send(text, "GET", "/apps/polls/config").json() == {
        "status": 403,
        "title": "Your token may not see the config vars of polls.",
        "detail": "The token 'ci' is good to look, config vars excepted.",
        "hint": "Use one that is good for more: portico login, or portico tokens create",
    }
    assert send(text, "DELETE", "/apps/polls").status_code == 403
    with pytest.raises(PorticoError) as error:
        callers.by_token(text).deploy_target("polls", create=True)
    assert error.value.title == "Your token may not deploy to polls."


@pytest.mark.parametrize("limits", [{"read_only": True}, {"app": "polls"}])
def test_a_limited_token_makes_no_better_one(whole: str, app: App, limits: dict[str, Any]) -> None:
    text = made(whole, **limits)["token"]
    for method, path, body in (
        ("GET", "/tokens", None),
        ("POST", "/tokens", {"name": "better"}),
        ("DELETE", "/tokens/1", None),
    ):
        answer = send(text, method, path, body)
        assert answer.status_code == 403
        assert answer.json()["title"] == "Your token may not manage tokens."


def test_an_expired_token_is_refused_and_says_so(whole: str, alice: User) -> None:
    text = made(whole, days=1)["token"]
    Token.objects.filter(name="ci").update(expires_at=timezone.now())
    answer = send(text, "GET", "/whoami")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Portico"'
    assert answer.json() == {
        "status": 401,
        "title": "The request was not accepted.",
        "detail": "The token 'ci' that came with it has expired.",
        "hint": "Log in with another token of this server: portico login",
    }
    assert send(whole, "GET", "/tokens").json()[1]["expired"] is True


def test_a_revoked_token_is_unknown(whole: str) -> None:
    document = made(whole)
    assert send(whole, "DELETE", f"/tokens/{document['id']}").status_code == 204
    assert send(document["token"], "GET", "/whoami").status_code == 401
    assert [one["name"] for one in send(whole, "GET", "/tokens").json()] == ["laptop"]


def test_a_token_goes_with_its_app(whole: str, app: App, alice: User) -> None:
    text = made(whole, app="polls")["token"]
    app.destroy(alice)
    assert send(text, "GET", "/apps").status_code == 401


def test_other_peoples_tokens_are_an_administrators(whole: str, bob: User) -> None:
    theirs = Token.issue(bob, "bobs")
    number = Token.objects.get(name="bobs").pk
    assert send(whole, "DELETE", f"/tokens/{number}").json() == {
        "status": 404,
        "title": f"There is no token {number}.",
        "detail": "You have no token with this number; it may have been revoked.",
        "hint": "See which there are: portico tokens",
    }
    assert send(whole, "GET", "/tokens?user=bob").status_code == 403
    assert send(whole, "POST", "/tokens", {"name": "x", "user": "bob"}).json()["title"] == (
        "You may not administer this server."
    )
    root = Token.issue(person("root", Role.ADMIN), "root")
    text = made(root, user="bob")["token"]
    assert send(text, "GET", "/whoami").json()["user"] == "bob"
    assert [one["name"] for one in send(root, "GET", "/tokens?user=bob").json()] == ["bobs", "ci"]
    assert send(root, "DELETE", f"/tokens/{number}").status_code == 204
    assert send(theirs, "GET", "/whoami").status_code == 401
    trail = send(root, "GET", "/events").json()
    assert [(one["user"], one["verb"]) for one in trail][:2] == [
        ("root", "revoke"),
        ("root", "token"),
    ]
    assert send(whole, "GET", "/events").json() == []


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "a\nb"}, {"name": "x" * 101}, {"days": 0}, {"days": 4000}, {"x": 1}],
)
def test_what_cannot_be_meant_is_refused(whole: str, body: dict[str, Any]) -> None:
    assert send(whole, "POST", "/tokens", {"name": "ci", **body}).status_code == 422


def test_a_token_for_an_app_that_one_may_not_see_cannot_be_had(app: App, bob: User) -> None:
    theirs = Token.issue(bob, "bobs")
    answer = send(theirs, "POST", "/tokens", {"name": "ci", "app": "polls"})
    assert (answer.status_code, answer.json()["title"]) == (404, "There is no app 'polls'.")
