from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User

from portico.control.inventory import inventory
from portico.control.models import App, Deploy
from tests.control.reporting import go_live


def test_apps_are_told_with_the_builds_of_kept_releases(
    app: App, upload: Callable[..., Deploy], alice: User
) -> None:
    first, second = upload(b"one"), upload(b"two")
    go_live(first)
    go_live(second)
    App.create("empty", alice)
    app.builds.filter(pk=first.build_id).update(kept=False)
    assert inventory() == [
        {"id": App.named("empty").pk, "name": "empty", "releases": {}},
        {"id": app.pk, "name": "polls", "releases": {2: second.build_id}},
    ]
