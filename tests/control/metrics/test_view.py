"""`GET /-/metrics`: who gets it, and what is in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from portico import wire
from portico.control.access.deciding import Role
from portico.control.models import App, Token
from portico.control.models.person import set_role
from portico.control.reports import take
from portico.errors import PorticoError

ADDRESS = "/-/metrics"


@pytest.fixture
def admin(bob: User) -> User:
    set_role(bob, Role.ADMIN)
    return bob


def ask(user: User, **limits: Any) -> Any:
    token = Token.issue(user, "prometheus", **limits)
    return Client(headers={"authorization": f"Bearer {token}"}).get(ADDRESS)


def values(answer: Any) -> dict[tuple[str, str, str], float]:
    """By name, app and state."""
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, sample.labels.get("app", ""), sample.labels.get("state", "")): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def report(app: App, *processes: dict[str, Any]) -> None:
    common = {"release": 1, "since": 1.0}
    told = tuple(wire.ProcessReport(**common, **one) for one in processes)
    take(wire.Report(apps=(wire.AppReport(id=app.pk, processes=told),)))


def test_apps_processes_and_web_itself_are_told(
    admin: User, app: App, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        report(app, {"name": "web.1", "state": "running", "restarts": 2})
        report(app, {"name": "web.1", "state": "running", "restarts": 3})
        report(app, {"name": "web.1", "state": "running", "restarts": 0})
        report(app, {"name": "web.1", "state": "crashed", "restarts": 1})
    answer = ask(admin)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    found = values(answer)
    assert found["portico_app_processes", "polls", "crashed"] == 1
    assert found["portico_app_processes", "polls", "running"] == 0
    assert found["portico_app_restarts_total", "polls", ""] == 4
    assert found["portico_processes", "", "crashed"] == 1
    assert found["portico_apps", "", ""] == 1
    assert found["process_resident_memory_bytes", "", ""] > 1 << 20


def test_it_takes_few_queries_whatever_the_number_of_apps(
    admin: User, app: App, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        App.create(f"app-{number}", admin)
    browser = Client()
    browser.force_login(admin)
    browser.get(ADDRESS)
    with django_assert_num_queries(6):
        browser.get(ADDRESS)


def test_a_renamed_app_has_its_new_name_and_a_destroyed_one_none(
    admin: User, app: App, alice: User
) -> None:
    app.rename("votes", alice)
    assert {key[1] for key in values(ask(admin))} == {"", "votes"}
    App.named("votes").destroy(alice)
    assert {key[1] for key in values(ask(admin))} == {""}


def test_a_token_for_metrics_opens_nothing_else(admin: User, app: App) -> None:
    assert ask(admin, metrics=True).status_code == 200
    assert ask(admin, read_only=True).status_code == 200
    token = Token.issue(admin, "prometheus", metrics=True)
    client = Client(headers={"authorization": f"Bearer {token}"})
    assert client.get("/-/api/v1/apps").json() == []
    assert client.get("/-/api/v1/apps/polls").status_code == 404
    assert client.get("/-/api/v1/tokens").json() == {
        "status": 403,
        "title": "Your token may not manage tokens.",
        "detail": "The token 'prometheus' is good to read the metrics alone.",
        "hint": "Use one that is good for more: portico login, or portico tokens create",
    }


def test_who_is_no_administrator_is_refused(app: App, alice: User) -> None:
    for limits in {}, {"metrics": True}:
        answer = ask(alice, **limits)
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json() == {
            "status": 403,
            "title": "You may not read the metrics of this server.",
            "detail": "Your role on this server is author.",
            "hint": "It takes the role of an administrator; ask an administrator for it.",
        }


def test_without_a_good_token_nothing_is_told(admin: User, app: App) -> None:
    for headers, found in (
        ({}, "No token came with it."),
        ({"authorization": "Bearer portico_x"}, "The token that came with it is not known here."),
        ({"authorization": "Basic eDp5"}, "No token came with it."),
    ):
        answer = Client(headers=headers).get(ADDRESS)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Portico"'
        assert answer.json() == {
            "status": 401,
            "title": "The request was not accepted.",
            "detail": found,
            "hint": "Log in with a token of this server: portico login",
        }
    assert Client().post(ADDRESS).status_code == 405
    assert ask(admin, app=app).status_code == 403


def test_a_token_for_metrics_is_not_for_one_app(admin: User, app: App) -> None:
    with pytest.raises(PorticoError) as caught:
        Token.issue(admin, "prometheus", app=app, metrics=True)
    assert caught.value.as_dict() == {
        "title": "A token for metrics is not for one app.",
        "detail": "It was asked for polls alone; metrics are of the whole server.",
        "hint": "Leave out the app, or make a read-only token for it.",
    }
