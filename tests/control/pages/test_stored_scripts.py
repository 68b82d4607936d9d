"""Whatever somebody has written somewhere is text on every page that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from portico.control.access.deciding import Role
from portico.control.models import App, Deploy, DeviceLogin, Event, Share, Token
from tests.control.conftest import HTML, person
from tests.control.reporting import go_live, process, say, tell

BAD = "<script>x</script>"
PROBLEM = {"title": BAD, "detail": BAD, "hint": BAD}
PAGES = ("-/portal/", "-/new/", "-/manage/", "-/admin/", "-/accounts/")


@pytest.fixture
def admin(db: None) -> Client:
    """Their own name and address are bad too."""
    user = person(BAD, Role.ADMIN)
    user.first_name = user.last_name = BAD
    user.email = f'"{BAD}"@example.org'
    user.save()
    browser = Client(headers=HTML)
    browser.force_login(user)
    return browser


@pytest.fixture
def code(alice: User, bob: User, app: App, upload: Callable[..., Deploy]) -> str:
    """Fills all that can be filled; the code of a command line that waits to be let in."""
    app.change_settings({"title": BAD, "description": BAD, "tags": [BAD]}, alice)
    app.set_config({"GREETING": BAD}, alice)
    go_live(upload(b"one"), processes={"web": BAD})
    say(upload(b"two"), "failed", problem=PROBLEM)
    tell(app, serving=1, problem=PROBLEM, processes=(process("web.1", last_exit=BAD),))
    group = Group.objects.create(name=BAD)
    bob.groups.add(group)
    Share.objects.create(app=app, group=group, part="viewer")
    Share.objects.create(app=app, user=person(f"{BAD}2", Role.VIEWER), part="co-owner")
    app.rename("voting", alice)
    for user in User.objects.all():
        Token.issue(user, BAD)
    Event.log(app, BAD, BAD[:20], BAD)
    return DeviceLogin.begin(BAD, BAD).code


def addresses(names: dict[str, Any]) -> Iterator[str]:
    """Of all pages whose addresses need no more than these."""
    yield from filter(None, _below(get_resolver(), "", names))


def _below(resolver: URLResolver, prefix: str, names: dict[str, Any]) -> Iterator[str | None]:
    for one in resolver.url_patterns:
        path = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _below(one, path, names)
        elif path.startswith(PAGES):
            yield _address(one, names)


def _address(pattern: URLPattern, names: dict[str, Any]) -> str | None:
    wanted = {name: names[name] for name in pattern.pattern.converters if name in names}
    try:
        return reverse(pattern.name, kwargs=wanted) if pattern.name else None
    except NoReverseMatch:
        return None


def test_what_anybody_has_written_is_no_markup(admin: Client, code: str, app: App) -> None:
    app.refresh_from_db()
    failed = app.deploys.get(state="failed")
    seen = 0
    for address in sorted({*addresses({"name": app.name, "deploy": failed.pk})}):
        for query in ("", f"?q={BAD}&code={code}&person={BAD}&app={BAD}&tag={BAD}&next=/{BAD}"):
            answer = admin.get(f"{address}{query}")
            if answer["Content-Type"].startswith("text/html"):  # a file of the trail is none
                page = answer.content.decode()
                assert BAD not in page, address
                seen += page.count("&lt;script&gt;")
    assert seen > 50, "the pages show nothing of it at all"
    said = admin.get(reverse("manage_deploy", kwargs={"name": app.name, "deploy": failed.pk}))
    assert "&lt;script&gt;" in said.content.decode()
    confirmed = admin.get(reverse("account_device"), {"code": code})
    assert "&lt;script&gt;" in confirmed.content.decode()


def test_the_walk_finds_the_pages() -> None:
    found = set(addresses({"name": "polls", "deploy": 1}))
    assert {"/-/portal/", "/-/manage/polls/deploys/1/", "/-/admin/trail/", "/-/new/"} <= found
    assert {"/-/accounts/tokens/", "/-/accounts/2fa/", "/-/accounts/sessions/"} <= found
