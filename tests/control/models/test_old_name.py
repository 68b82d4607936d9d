from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portico.control.models import App, OldName


def _leads(name: str) -> str | None:
    app = OldName.app_of(name)
    return app.name if app else None


def test_each_name_that_an_app_had_leads_to_it(app: App, alice: User) -> None:
    app.rename("voting", alice)
    app.rename("ballot", alice)
    assert [(_leads(name)) for name in ("polls", "voting", "ballot")] == ["ballot", "ballot", None]


def test_an_app_that_gets_its_name_back_has_no_old_one_of_it(app: App, alice: User) -> None:
    app.rename("voting", alice)
    app.rename("polls", alice)
    assert (_leads("polls"), _leads("voting")) == (None, "polls")


@pytest.mark.parametrize("how", ["made", "renamed"])
def test_another_app_takes_the_name(app: App, alice: User, bob: User, how: str) -> None:
    app.rename("voting", alice)
    if how == "made":
        App.create("polls", bob)
    else:
        App.create("blog", bob).rename("polls", bob)
    assert _leads("polls") is None
    assert App.named("polls").owner == bob


def test_they_go_with_the_app(app: App, alice: User) -> None:
    app.rename("voting", alice)
    app.destroy(alice)
    assert not OldName.objects.exists()


@pytest.mark.parametrize("name", ["", "\0", "polls\0", "x" * 500, "ünï"])
def test_what_is_no_name_leads_nowhere(app: App, alice: User, name: str) -> None:
    app.rename("voting", alice)
    assert _leads(name) is None
