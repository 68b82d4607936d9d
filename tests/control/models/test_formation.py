"""How many processes an app may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from portico.control.models import App, Deploy, PlanRow
from portico.control.models.formation import bounded, formation_of
from portico.errors import PorticoError
from tests.control.reporting import go_live


def refused(app: App, changes: dict[str, int], user: User) -> dict[str, str]:
    with pytest.raises(PorticoError) as caught:
        app.scale(changes, user)
    return caught.value.as_dict()


@pytest.fixture
def at_most_three(settings: Any) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"max_app_processes": 3})


def test_the_sum_of_all_types_is_bounded(
    app: App, upload: Callable[..., Deploy], alice: User, at_most_three: None
) -> None:
    go_live(upload())
    released = App.named("polls")
    released.scale({"web": 2, "worker": 1}, alice)
    assert refused(released, {"worker": 2}, alice) == {
        "title": "polls cannot have 4 processes.",
        "detail": "An app can have 3 in all; these would be web=2 worker=2.",
        "hint": "Choose less, or ask the operator to raise max_app_processes.",
    }
    released = App.named("polls")
    assert formation_of(released) == {"web": 2, "worker": 1}
    released.scale({"web": 1, "worker": 2}, alice)
    assert PlanRow.objects.get(pk=app.pk).document["formation"] == {"web": 1, "worker": 2}


def test_before_the_first_release_the_types_that_were_named_count(
    app: App, alice: User, at_most_three: None
) -> None:
    app.scale({"web": 3}, alice)
    assert refused(app, {"worker": 1}, alice)["detail"] == (
        "An app can have 3 in all; these would be web=3 worker=1."
    )


def test_with_a_lower_bound_fewer_run_and_the_way_down_is_open(
    app: App, upload: Callable[..., Deploy], alice: User, settings: Any
) -> None:
    go_live(upload())
    released = App.named("polls")
    released.scale({"web": 5, "worker": 5}, alice)
    settings.PORTICO = settings.PORTICO.model_copy(update={"max_app_processes": 6})
    assert formation_of(released) == {"web": 5, "worker": 1}
    released.scale({"worker": 4}, alice)
    assert refused(App.named("polls"), {"worker": 5}, alice)["title"] == (
        "polls cannot have 10 processes."
    )


def test_web_comes_before_the_others() -> None:
    asked = {"beat": 2, "web": 2, "worker": 9}
    assert bounded(asked, 200) == asked
    assert bounded(asked, 5) == {"beat": 2, "web": 2, "worker": 1}
    assert bounded(asked, 1) == {"beat": 0, "web": 1, "worker": 0}
