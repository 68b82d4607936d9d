"""Where an app's log is sent to: what its author says, what the agent and others are told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from portico import wire
from portico.control.figures.latest import latest
from portico.control.models import App, Event, LogDrain, PlanRow
from portico.errors import PorticoError
from portico.figures import AppFigures, Figures, LogDrainFigures

SECRET = "hidden-value"
ADDRESS = f"https://me:{SECRET}@logs.example/in/{SECRET}"
SHOWN = "https://logs.example/..."
CALL = "/-/api/v1/apps/polls/drains"


def plan_of(app: App) -> wire.AppPlan:
    return wire.AppPlan.model_validate(PlanRow.objects.get(pk=app.pk).document)


def test_a_drain_reaches_the_plan_whole_and_the_trail_without_its_secrets(
    app: App, alice: User
) -> None:
    drain = app.add_log_drain(ADDRESS, {"X-Key": SECRET}, alice)
    planned = wire.LogDrain(id=drain.pk, address=ADDRESS, headers={"X-Key": SECRET})
    assert plan_of(app).log_drains == (planned,)
    app.remove_log_drain(drain.pk, alice)
    assert plan_of(app).log_drains == ()
    trail = [(one.verb, one.detail) for one in Event.objects.all()[:2]]
    assert trail == [
        ("remove drain", f"{drain.pk}: {SHOWN}"),
        ("add drain", f"{drain.pk}: {SHOWN}"),
    ]


def test_the_database_holds_no_secret_in_clear(app: App, alice: User) -> None:
    app.add_log_drain(ADDRESS, {"X-Key": SECRET}, alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, headers FROM control_logdrain")
        rows = cursor.fetchall()
    assert SECRET not in str(rows)
    assert "logs.example" not in str(rows)


def test_an_app_has_a_few_drains_each_once(app: App, alice: User) -> None:
    first = app.add_log_drain(ADDRESS, {}, alice)
    with pytest.raises(PorticoError) as caught:
        app.add_log_drain(ADDRESS, {"X-Key": SECRET}, alice)
    assert str(caught.value) == (
        "The log of polls is sent there already.\n"
        f"{SHOWN} is its drain {first.pk}.\n"
        f"To give it other headers, remove it first: portico drains polls remove {first.pk}"
    )
    for number in range(4):
        app.add_log_drain(f"syslog://logs.example:{514 + number}", {}, alice)
    with pytest.raises(PorticoError) as caught:
        app.add_log_drain("syslog://logs.example:999", {}, alice)
    assert str(caught.value) == (
        "polls has as many log drains as an app may have.\n"
        "It has 5.\n"
        "Remove one first: portico drains polls remove ID"
    )


def test_a_drain_that_is_none_cannot_be_removed(app: App, alice: User, bob: User) -> None:
    others = App.create("blog", bob).add_log_drain("syslog://logs.example:514", {}, bob)
    for known in ("It has none at all.", None):
        if known is None:
            drain = app.add_log_drain(ADDRESS, {}, alice)
            known = f"It has {drain.pk} ({SHOWN})."
        with pytest.raises(PorticoError) as caught:
            app.remove_log_drain(others.pk, alice)
        assert str(caught.value) == (
            f"polls has no log drain {others.pk}.\n{known}\nportico drains polls lists them."
        )
    assert LogDrain.objects.filter(pk=others.pk).exists()


def test_the_api_adds_lists_and_removes_and_shows_how_each_stands(app: App, client: Client) -> None:
    body = {"address": ADDRESS, "headers": {"X-Key": SECRET}}
    made = client.post(CALL, body, "application/json")
    assert made.status_code == 201
    number = made.json()["id"]
    unknown = {"state": None, "why": "", "sent": None, "lost": None}
    shown = {
        "id": number,
        "address": SHOWN,
        "headers": ["X-Key"],
        "created_at": made.json()["created_at"],
    }
    assert made.json() == {**shown, **unknown}
    assert client.get(CALL).json() == [{**shown, **unknown}]
    seen = LogDrainFigures(id=number, state="failing", why="It is away.", sent=7, lost=2)
    latest.take(Figures(time=1, apps=(AppFigures(id=app.pk, log_drains=(seen,)),)))
    try:
        known = {"state": "failing", "why": "It is away.", "sent": 7, "lost": 2}
        assert client.get(CALL).json() == [{**shown, **known}]
    finally:
        latest.take(Figures(time=0))
    assert client.delete(f"{CALL}/{number}").status_code == 204
    assert client.get(CALL).json() == []
    refused = client.post(CALL, {"address": f"https://{SECRET}@"}, "application/json")
    assert (refused.status_code, refused.json()["detail"]) == (400, "Its host is none.")
