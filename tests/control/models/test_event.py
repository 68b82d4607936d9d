from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portico.control.models import App, Event
from portico.control.models import event as event_module


def test_the_trail_forgets_what_is_older_than_the_operator_wants(
    app: App, alice: User, settings: Any
) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"event_days": 30})
    for days in (31, 29):
        Event.objects.create(
            app="old", verb=f"{days} ago", time=timezone.now() - timedelta(days=days)
        )
    Event.prune()
    assert [event.verb for event in Event.objects.order_by("id")] == ["create", "29 ago"]


def test_a_server_that_never_restarts_prunes_as_it_goes(
    app: App, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_module, "BETWEEN_PRUNINGS", 1)
    long_ago = timezone.now() - timedelta(days=400)
    Event.objects.create(app="old", verb="create", time=long_ago)
    app.scale({"worker": 2}, alice)
    assert [event.verb for event in Event.objects.order_by("id")] == ["create", "scale"]
