"""Every call of the API, and git, asks who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from portico.control import callers
from portico.control.access.deciding import Part, Role, Verb
from portico.control.api.api import api
from portico.control.api.streaming import PATHS
from portico.control.git import pushes
from portico.control.models import App, Deploy, Event, LogDrain, Share, Token, Webhook
from portico.control.models.webhook import add_webhook
from portico.control.names import not_free
from portico.errors import PorticoError
from tests.control.conftest import person
from tests.control.portal.pictures import picture
from tests.control.reporting import go_live

API = "/-/api/v1"
Upload = Callable[..., Deploy]
V = Verb

SMALL_PICTURE = picture(size=(2, 1))

# What each call of an app asks for, and a body that it would take.
CALLS: dict[tuple[str, str], tuple[Verb, Any]] = {
    ("GET", "/apps/{app}"): (V.OPEN, None),
    ("PATCH", "/apps/{app}"): (V.CONFIGURE, {"timeout": 5}),
    ("DELETE", "/apps/{app}"): (V.OWN, None),
    ("PUT", "/apps/{app}/picture"): (V.CONFIGURE, SMALL_PICTURE),
    ("DELETE", "/apps/{app}/picture"): (V.CONFIGURE, None),
    ("PUT", "/apps/{app}/favourite"): (V.OPEN, None),
    ("DELETE", "/apps/{app}/favourite"): (V.OPEN, None),
    ("GET", "/apps/{app}/access"): (V.INSPECT, None),
    ("PATCH", "/apps/{app}/access"): (V.SHARE, {"access": "signed-in"}),
    ("GET", "/apps/{app}/deploys"): (V.INSPECT, None),
    ("GET", "/apps/{app}/deploys/{deploy}"): (V.INSPECT, None),
    ("DELETE", "/apps/{app}/deploys/{deploy}"): (V.DEPLOY, None),
    ("GET", "/apps/{app}/processes"): (V.INSPECT, None),
    ("GET", "/apps/{app}/formation"): (V.INSPECT, None),
    ("PATCH", "/apps/{app}/formation"): (V.OPERATE, {"worker": 2}),
    ("GET", "/apps/{app}/limits"): (V.INSPECT, None),
    ("PATCH", "/apps/{app}/limits"): (V.OPERATE, {"web": {"memory": 1 << 29}}),
    ("GET", "/apps/{app}/figures"): (V.INSPECT, None),
    ("GET", "/apps/{app}/drains"): (V.INSPECT, None),
    ("POST", "/apps/{app}/drains"): (V.CONFIGURE, {"address": "syslog://logs.example:514"}),
    ("DELETE", "/apps/{app}/drains/{drain}"): (V.CONFIGURE, None),
    ("POST", "/apps/{app}/restarts"): (V.OPERATE, None),
    ("POST", "/apps/{app}/sessions"): (V.ENTER, {"kind": "run", "command": ["ls"]}),
    ("GET", "/apps/{app}/config"): (V.READ_CONFIG, None),
    ("GET", "/apps/{app}/config/secrets"): (V.READ_CONFIG, None),
    ("PATCH", "/apps/{app}/config"): (V.CONFIGURE, {"A": "1"}),
    ("GET", "/apps/{app}/webhooks"): (V.READ_CONFIG, None),
    ("POST", "/apps/{app}/webhooks"): (V.CONFIGURE, {"url": "https://example.org/"}),
    ("DELETE", "/apps/{app}/webhooks/{webhook}"): (V.CONFIGURE, None),
    ("POST", "/apps/{app}/webhooks/{webhook}/tests"): (V.CONFIGURE, None),
    ("GET", "/apps/{app}/releases"): (V.INSPECT, None),
    ("POST", "/apps/{app}/releases"): (V.DEPLOY, {"rollback_to": 1}),
}
BESIDE_APPS = {
    ("GET", "/"),
    ("GET", "/whoami"),
    ("GET", "/apps"),
    ("POST", "/apps"),
    ("GET", "/events"),
    ("GET", "/notices"),
    ("PUT", "/notices"),
    ("GET", "/server/examination"),
    ("POST", "/server/examination"),
    ("POST", "/server/test-mails"),
    ("GET", "/tokens"),
    ("POST", "/tokens"),
    ("DELETE", "/tokens/{token}"),
    ("GET", "/people"),
    ("POST", "/people"),
    ("PATCH", "/people/{person}"),
    ("DELETE", "/people/{person}"),
    ("POST", "/people/{person}/password-links"),
    ("POST", "/logins"),
    ("POST", "/logins/token"),
    ("GET", "/groups"),
    ("POST", "/groups"),
    ("PATCH", "/groups/{group}"),
    ("DELETE", "/groups/{group}"),
}
each_call = pytest.mark.parametrize("call", CALLS, ids=" ".join)


@pytest.fixture
def released(app: App, upload: Upload) -> App:
    go_live(upload(b"one"))
    go_live(upload(b"two"))
    app.add_log_drain("https://logs.example/", {}, app.owner)
    add_webhook(app, "https://example.org/", [], app.owner)
    return App.named("polls")


@pytest.fixture
def carol(db: None) -> User:
    """May make no apps; a viewer of this one."""
    return person("carol", Role.VIEWER)


def send(user: User, method: str, path: str, body: Any = None) -> Any:
    client = Client(headers={"authorization": f"Bearer {Token.issue(user, 'test')}"})
    text = "" if body is None else body if isinstance(body, bytes) else json.dumps(body)
    return client.generic(method, f"{API}{path}", text, content_type="application/json")


def ask(user: User, call: tuple[str, str], app: str) -> Any:
    method, path = call
    deploy = Deploy.objects.order_by("id").values_list("pk", flat=True)[0]
    drains = LogDrain.objects.filter(app__name=app).values_list("pk", flat=True)
    drain = next(iter(drains), 0)
    path = path.replace("{app}", app).replace("{deploy}", str(deploy))
    path = path.replace("{drain}", str(drain))
    webhook = Webhook.objects.values_list("pk", flat=True)[0]
    path = path.replace("{webhook}", str(webhook))
    return send(user, method, path, CALLS[call][1])


def test_no_call_is_forgotten() -> None:
    paths = api.get_openapi_schema()["paths"]
    known = {(verb.upper(), path.removeprefix(API)) for path in paths for verb in paths[path]}
    streamed = {(verb.upper(), path) for path in PATHS for verb in PATHS[path]}
    assert known - streamed == CALLS.keys() | BESIDE_APPS


@each_call
def test_what_somebody_may_not_see_is_not_there(
    released: App, bob: User, call: tuple[str, str]
) -> None:
    there, nowhere = ask(bob, call, "polls"), ask(bob, call, "nowhere")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.content.replace(b"polls", b"nowhere") == nowhere.content
    assert dict(there.headers).keys() == dict(nowhere.headers).keys()


@each_call
def test_an_old_name_is_explained_to_who_may_open_the_app_and_to_nobody_else(
    released: App, alice: User, bob: User, call: tuple[str, str]
) -> None:
    released.rename("voting", alice)
    told = ask(alice, call, "polls")
    assert told.json() == {
        "status": 410,
        "title": "There is no app 'polls' any more.",
        "detail": "It was renamed and is called 'voting' now.",
        "hint": "Use that name; in a git repository: git remote set-url portico "
        "http://portico.example/-/git/voting.git. Another app gets the old name by: "
        "portico apps create polls",
    }
    there, nowhere = ask(bob, call, "polls"), ask(bob, call, "nowhere")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.content.replace(b"polls", b"nowhere") == nowhere.content


def test_old_names_are_shown_to_who_may_look_into_the_app(
    released: App, alice: User, carol: User
) -> None:
    Share.objects.create(app=released, user=carol, part=Part.VIEWER)
    released.rename("voting", alice)
    for path, of in (("/apps/voting", dict), ("/apps", list)):
        owners, viewers = (send(who, "GET", path).json() for who in (alice, carol))
        if of is list:
            (owners,), (viewers,) = owners, viewers
        assert (owners["old_names"], viewers["old_names"]) == (["polls"], [])


@each_call
def test_a_viewer_may_open_and_nothing_else(
    released: App, carol: User, call: tuple[str, str]
) -> None:
    Share.objects.create(app=released, user=carol, part=Part.VIEWER)
    answer = ask(carol, call, "polls")
    if CALLS[call][0] is V.OPEN:
        assert answer.status_code in (200, 204)
        return
    assert answer.status_code == 403
    assert answer.json()["title"] == f"You may not {CALLS[call][0]} polls."


@each_call
def test_a_co_owner_may_do_all_but_what_is_the_owners(
    released: App, carol: User, call: tuple[str, str]
) -> None:
    group = Group.objects.create(name="staff")
    carol.groups.add(group)
    Share.objects.create(app=released, group=group, part=Part.CO_OWNER)
    answer = ask(carol, call, "polls")
    if CALLS[call][0] is not V.OWN:
        assert answer.status_code in (200, 201, 202, 204) or answer.json()["status"] == 409
        return
    assert answer.json() == {
        "status": 403,
        "title": "You may not rename, destroy or choose the co-owners of polls.",
        "detail": "Only its owner may, and administrators.",
        "hint": "Ask the owner of the app, or an administrator, to do it.",
    }


def test_a_refusal_says_whom_to_ask(released: App, carol: User) -> None:
    Share.objects.create(app=released, user=carol, part=Part.VIEWER)
    assert send(carol, "POST", "/apps/polls/restarts").json() == {
        "status": 403,
        "title": "You may not scale or restart polls.",
        "detail": "Only its owner and its co-owners may, and administrators.",
        "hint": "Ask one of them: portico access polls --co-owner carol",
    }


def test_a_viewer_sees_what_a_link_shows(released: App, carol: User) -> None:
    Share.objects.create(app=released, user=carol, part=Part.VIEWER)
    document = send(carol, "GET", "/apps/polls").json()
    shown = {name: value for name, value in document.items() if value not in (None, "", {}, [])}
    assert shown.pop("created_at")
    assert set(shown.pop("settings").values()) == {None}
    assert shown.pop("card")["title"] is None
    assert shown == {
        "name": "polls",
        "url": "http://portico.example/polls/",
        "state": "starting",
        "access": "restricted",
    }
    assert send(carol, "GET", "/apps").json() == [document]


def test_lists_and_the_trail_hold_what_one_may_see(released: App, alice: User, bob: User) -> None:
    App.create("blog", bob)
    assert [one["name"] for one in send(bob, "GET", "/apps").json()] == ["blog"]
    assert {one["app"] for one in send(bob, "GET", "/events").json()} == {"blog"}
    assert send(bob, "GET", "/events?app=polls").json() == []
    root = person("root", Role.ADMIN)
    assert len(send(root, "GET", "/apps").json()) == 2
    # What is of no app, such as a new token, is for administrators alone.
    assert {one["app"] for one in send(root, "GET", "/events").json()} == {"", "blog", "polls"}


def test_the_trail_of_an_app_does_not_go_to_the_next_of_its_name(
    released: App, alice: User, bob: User
) -> None:
    released.set_config({"SECRET_NAME": "1"}, alice)
    released.destroy(alice)
    App.create("polls", bob)
    assert [one["verb"] for one in send(bob, "GET", "/events").json()] == ["create"]
    assert Event.objects.filter(app="polls").count() > 5


def test_only_authors_make_apps(carol: User, app: App) -> None:
    for name in ("polls", "new"):
        assert send(carol, "POST", "/apps", {"name": name}).json() == {
            "status": 403,
            "title": "You may not make apps.",
            "detail": "Your role on this server is viewer.",
            "hint": "It takes the role of an author; ask an administrator for it.",
        }


@pytest.mark.parametrize("name", ["polls", "static"])
def test_a_name_that_is_not_free_does_not_tell_why(app: App, bob: User, name: str) -> None:
    mine = App.create("mine", bob)
    expected = not_free(name)
    assert expected.as_dict() == {
        "title": f"The name '{name}' is not free.",
        "detail": "The platform keeps it for itself, or an app has it.",
        "hint": f"Choose another name, for example my-{name}.",
    }
    for answer in (
        send(bob, "POST", "/apps", {"name": name}),
        send(bob, "PATCH", f"/apps/{mine.name}", {"name": name}),
    ):
        assert answer.json() == {"status": 409, **expected.as_dict()}


def test_a_name_that_is_mine_is_told(app: App, alice: User) -> None:
    assert send(alice, "POST", "/apps", {"name": "polls"}).json()["title"] == (
        "The name 'polls' is taken."
    )


def test_a_co_owner_may_not_rename(released: App, carol: User) -> None:
    Share.objects.create(app=released, user=carol, part=Part.CO_OWNER)
    assert send(carol, "PATCH", "/apps/polls", {"name": "voting"}).status_code == 403
    assert send(carol, "PATCH", "/apps/polls", {"timeout": 7}).status_code == 200


def caller(user: User) -> callers.Caller:
    return callers.by_token(Token.issue(user, "test"))


def test_uploads_and_pushes_ask_for_the_same(app: App, bob: User, carol: User) -> None:
    Share.objects.create(app=app, user=carol, part=Part.VIEWER)
    assert caller(bob).deploy_target("new", create=True) is None
    App.create("old", bob).rename("blog", bob)
    for user, name, create, found in (
        (bob, "old", True, "There is no app 'old' any more."),
        (bob, "old", False, "There is no app 'old' any more."),
        (carol, "old", False, "There is no app 'old'."),
        (bob, "polls", True, "The name 'polls' is not free."),
        (bob, "polls", False, "There is no app 'polls'."),
        (bob, "new", False, "There is no app 'new'."),
        (carol, "polls", True, "You may not deploy to polls."),
        (carol, "polls", False, "You may not deploy to polls."),
        (carol, "new", True, "You may not make apps."),
    ):
        with pytest.raises(PorticoError) as error:
            caller(user).deploy_target(name, create=create)
        assert error.value.title == found
    carol_as_co_owner = app.shares.get(user=carol)
    carol_as_co_owner.part = Part.CO_OWNER
    carol_as_co_owner.save()
    assert caller(carol).deploy_target("polls", create=True) == app


def test_who_pushes_to_an_app_is_told_to_whom_it_is_known(alice: User) -> None:
    with pushes.begin("new", alice.pk, "alice"):
        for known, which in ((True, "by alice"), (False, "that makes it")):
            with pytest.raises(PorticoError) as error:
                pushes.refuse_second("new", known=known)
            found = f"A push {which} is under way; an app takes one at a time."
            assert error.value.detail == found


def test_listing_takes_as_many_queries_for_many_apps_as_for_one(
    alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        App.create(f"app-{number}", alice)
    who = caller(alice)
    with django_assert_max_num_queries(6):
        assert len(who.apps(App.for_overview())) == 12
