"""The App Manager as an app's people get it: what each tab shows and does, and for whom."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from portico.control.figures.history import History
from portico.control.figures.latest import latest
from portico.control.models import App, Deploy, Event, Share
from portico.control.models.config import config_of
from portico.control.models.share import shares_of
from portico.figures import AppFigures, Figures, LogDrainFigures, ProcessFigures, Requests
from tests.control.reporting import go_live, process, say, tell

TABS = ("", "deploys/", "logs/", "config/", "scale/", "access/", "notices/", "settings/")
HOSTILE = "<script>alert(1)</script>"
HTML = {"Accept": "text/html"}


def address(tab: str = "", app: str = "polls") -> str:
    return f"/-/manage/{app}/{tab}"


def browser_of(user: User) -> Client:
    client = Client(headers=HTML)
    client.force_login(user)
    return client


@pytest.fixture
def owner(alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def live(app: App, upload: Callable[..., Deploy]) -> App:
    go_live(upload())
    tell(app, serving=1, processes=(process("web.1"),))
    app.refresh_from_db()
    return app


def act(client: Client, tab: str, do: str, **fields: Any) -> HttpResponse:
    answer: Any = client.post(address(tab), {"do": do, **fields})
    return answer


def words(client: Client, url: str) -> str:
    page = client.get(url).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_there_for_an_app_without_code_and_for_a_live_one(
    app: App, owner: Client, upload: Callable[..., Deploy], tab: str
) -> None:
    assert owner.get(address(tab)).status_code == 200
    go_live(upload())
    answer = owner.get(address(tab))
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_takes_at_most_20_queries(
    live: App, owner: Client, tab: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        owner.get(address(tab))


@pytest.mark.parametrize("tab", TABS)
def test_who_may_not_look_into_it_gets_nowhere(
    app: App, bob: User, stranger: Client, tab: str
) -> None:
    guest = browser_of(bob)
    assert guest.get(address(tab)).status_code == 404
    unknown = words(guest, address(tab, "unseen"))
    assert words(guest, address(tab)) == unknown.replace("unseen", "polls")
    Share.objects.create(app=app, user=bob, part="viewer")
    assert guest.get(address(tab)).status_code == 403
    assert guest.post(address(tab), {"do": "restart"}).status_code == 403
    answer = stranger.get(address(tab), headers=HTML)
    assert answer["Location"].startswith("/-/accounts/login/?next=")


def test_an_app_without_code_shows_the_commands(app: App, owner: Client) -> None:
    page = owner.get(address()).content.decode()
    assert "portico deploy --app polls" in page
    assert "git remote add portico http://portico.example/-/git/polls.git" in page


def test_the_overview_tells_how_the_app_is(live: App, owner: Client) -> None:
    said = words(owner, address())
    assert "web.1 running" in said
    assert "Owner alice" in said
    assert "Access restricted" in said
    assert "Release v1" in said


def test_restarts(live: App, owner: Client) -> None:
    answer = act(owner, "", "restart")
    assert (answer.status_code, answer["Location"]) == (302, address())
    live.refresh_from_db()
    assert live.generation == 2
    assert "being replaced" in words(owner, address())


def test_secret_values_are_written_and_not_shown(app: App, owner: Client) -> None:
    act(owner, "config/", "set", name="API_KEY", value="hidden-value")
    act(owner, "config/", "set", name="GREETING", value="hello\r\nthere")
    act(owner, "config/", "set", name="COLOUR", value="blue-value", mark="secret")
    assert config_of(app) == {
        "API_KEY": "hidden-value",
        "GREETING": "hello\nthere",
        "COLOUR": "blue-value",
    }
    page = owner.get(address("config/")).content.decode()
    assert "hello\nthere" in page
    assert "hidden-value" not in page
    assert "blue-value" not in page
    act(owner, "config/", "unset", name="COLOUR")
    assert "COLOUR" not in config_of(app)


def test_what_is_refused_is_said_on_the_page_and_never_repeats_the_value(
    app: App, owner: Client
) -> None:
    answer = act(owner, "config/", "set", name="PORT", value="hidden-value")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "The config var PORT cannot be set." in page
    assert "hidden-value" not in page
    assert config_of(app) == {}


def test_scales(live: App, owner: Client) -> None:
    act(owner, "scale/", "scale", web="2", worker="1")
    live.refresh_from_db()
    assert live.formation == {"web": 2, "worker": 1}
    refused = act(owner, "scale/", "scale", web="many")
    assert "The number of processes of &#x27;web&#x27; was not understood." in (
        refused.content.decode()
    )
    assert act(owner, "scale/", "scale", web="101").status_code == 400
    live.refresh_from_db()
    assert live.formation["web"] == 2


def test_chooses_who_may_open_it(app: App, owner: Client, bob: User, settings: Any) -> None:
    act(owner, "access/", "choose", access="signed-in")
    act(owner, "access/", "add", who="bob", part="viewer")
    app.refresh_from_db()
    assert (app.access, shares_of(app, "viewer")) == ("signed-in", ["bob"])
    act(owner, "access/", "remove", who="bob")
    assert shares_of(app, "viewer") == []
    assert act(owner, "access/", "choose", access="nobody").status_code == 400
    missing = act(owner, "access/", "add", who="carol", part="viewer")
    assert "There is no person &#x27;carol&#x27;." in missing.content.decode()


def test_a_co_owner_chooses_viewers_but_no_co_owners(app: App, bob: User, alice: User) -> None:
    Share.objects.create(app=app, user=bob, part="co-owner")
    second = browser_of(bob)
    assert act(second, "access/", "add", who="bob", part="viewer").status_code == 403
    assert act(second, "access/", "remove", who="bob").status_code == 403
    assert act(second, "settings/", "destroy", typed="polls").status_code == 403
    assert act(second, "access/", "choose", access="public").status_code == 302
    page = second.get(address("settings/")).content.decode()
    assert "Destroy" not in page
    assert "Co-owner:" not in second.get(address("access/")).content.decode()


def test_changes_the_card_and_how_it_is_served(app: App, owner: Client) -> None:
    act(owner, "settings/", "card", title="Polls", tags="a, b,", rank="3", listed="on")
    act(owner, "settings/", "serving", path_mode="strip", drain_seconds="60", timeout="")
    app.refresh_from_db()
    assert (app.title, app.tags, app.rank, app.listed) == ("Polls", ["a", "b"], 3, True)
    assert (app.path_mode, app.drain_seconds, app.timeout) == ("strip", 60, None)
    refused = act(owner, "settings/", "serving", drain_seconds="soon")
    assert "Time to drain: Input should be a valid number" in refused.content.decode()
    app.refresh_from_db()
    assert app.drain_seconds == 60


def test_a_picture_that_is_none_is_refused(app: App, owner: Client) -> None:
    answer = act(owner, "settings/", "picture")
    assert (answer.status_code, "The picture was not taken." in answer.content.decode()) == (
        422,
        True,
    )


def test_renames_and_goes_to_the_new_address(app: App, owner: Client) -> None:
    answer = act(owner, "settings/", "rename", name="votes")
    assert answer["Location"] == address(app="votes")[:-1] + "/settings/"
    for page in ("", "settings/", "logs/?process=web"):
        assert owner.get(address(page))["Location"] == f"/-/manage/votes/{page}"


def test_what_is_posted_to_an_old_name_is_refused_with_the_new_one(
    app: App, owner: Client, alice: User
) -> None:
    app.rename("votes", alice)
    answer = act(owner, "settings/", "rename", name="other")
    assert answer.status_code == 410
    assert "It was renamed and is called &#x27;votes&#x27; now." in answer.content.decode()


def test_an_old_name_is_none_for_who_may_not_open_the_app(app: App, alice: User, bob: User) -> None:
    app.rename("votes", alice)
    old, none = (browser_of(bob).get(address(app=name)) for name in ("polls", "nowhere"))
    assert (old.status_code, none.status_code) == (404, 404)
    assert "votes" not in old.content.decode()


def test_gives_the_app_away(app: App, owner: Client, bob: User, alice: User) -> None:
    Share.objects.create(app=app, user=bob, part="viewer")
    act(owner, "settings/", "transfer", owner="bob")
    app.refresh_from_db()
    assert app.owner == bob
    assert (shares_of(app, "co-owner"), shares_of(app, "viewer")) == (["alice"], [])
    assert Event.objects.filter(verb="transfer", detail="to bob").exists()
    assert act(owner, "settings/", "transfer", owner="alice").status_code == 403


def test_destroys_only_with_the_name_typed(app: App, owner: Client) -> None:
    refused = act(owner, "settings/", "destroy", typed="poll")
    assert "Its name was to be typed; &#x27;poll&#x27; was." in refused.content.decode()
    answer = act(owner, "settings/", "destroy", typed="polls")
    assert answer["Location"] == "/-/portal/"
    assert App.find("polls") is None


def test_nothing_unknown_is_done(app: App, owner: Client) -> None:
    answer = act(owner, "settings/", "explode")
    assert "There is nothing called &#x27;explode&#x27; to be done here." in (
        answer.content.decode()
    )


def test_a_form_of_another_site_does_nothing(app: App, alice: User) -> None:
    client = Client(enforce_csrf_checks=True, headers=HTML)
    client.force_login(alice)
    assert client.post(address("settings/"), {"do": "destroy", "typed": "polls"}).status_code == 403
    assert App.find("polls")


def test_texts_of_authors_are_never_markup(app: App, owner: Client) -> None:
    act(owner, "settings/", "card", title=HOSTILE, description=HOSTILE, tags="x")
    act(owner, "config/", "set", name="GREETING", value=HOSTILE)
    for tab in TABS:
        assert HOSTILE not in owner.get(address(tab)).content.decode()


def test_makes_a_new_app(alice: User) -> None:
    owner = browser_of(alice)
    assert "portico deploy" in owner.get("/-/new/").content.decode()
    answer = owner.post("/-/new/", {"name": "votes"})
    assert answer["Location"] == address(app="votes")
    assert App.named("votes").owner == alice
    again = owner.post("/-/new/", {"name": "votes"})
    assert (again.status_code, "is taken" in again.content.decode()) == (409, True)
    assert owner.post("/-/new/", {"name": "A!"}).status_code == 400


def test_who_may_make_no_apps_is_told_so(django_user_model: Any) -> None:
    viewer = browser_of(django_user_model.objects.create(username="vera"))
    assert viewer.get("/-/new/").status_code == 403
    assert viewer.post("/-/new/", {"name": "votes"}).status_code == 403
    assert App.find("votes") is None


def test_deploys_are_a_history_with_the_way_back(
    live: App, owner: Client, upload: Callable[..., Deploy]
) -> None:
    second = upload(b"two")
    go_live(second)
    said = words(owner, address("deploys/"))
    assert "Roll back to v1" in said
    assert "Roll back to v2" not in said
    assert "v2 serves" in said
    answer = act(owner, "deploys/", "roll back", version="1")
    newest = live.deploys.first()
    assert newest is not None
    assert answer["Location"] == address(f"deploys/{newest.pk}/")
    assert newest.description == "Rolled back to v1"
    act(owner, "deploys/", "cancel", deploy=str(newest.pk))
    newest.refresh_from_db()
    assert (newest.cancel, newest.state) == (True, "queued")
    assert act(owner, "deploys/", "roll back", version="x").status_code == 400
    assert act(owner, "deploys/", "cancel", deploy="999").status_code == 404


def test_a_deploy_says_what_it_changed_but_no_secret(
    live: App, owner: Client, upload: Callable[..., Deploy]
) -> None:
    act(owner, "config/", "set", name="API_KEY", value="hidden-value")
    second = live.deploys.first()
    assert second is not None
    go_live(second)
    page = owner.get(address(f"deploys/{second.pk}/")).content.decode()
    assert "config var API_KEY: new" in page
    assert "hidden-value" not in page
    first = live.deploys.last()
    assert first is not None
    assert "Nothing has served before it." in words(owner, address(f"deploys/{first.pk}/"))
    assert owner.get(address("deploys/999/")).status_code == 404


def test_a_failed_deploy_shows_its_three_parts(
    app: App, owner: Client, upload: Callable[..., Deploy]
) -> None:
    deploy = upload()
    say(deploy, "failed", problem={"title": "No.", "detail": "It was so.", "hint": "Do this."})
    said = words(owner, address(f"deploys/{deploy.pk}/"))
    assert "No. It was so. Do this." in said
    assert "No. It was so. Do this." in words(owner, address())


def test_logs_are_of_all_processes_or_of_one(live: App, owner: Client) -> None:
    page = owner.get(address("logs/")).content.decode()
    assert 'data-log="/-/api/v1/apps/polls/logs?lines=500&amp;process="' in page
    chosen = owner.get(address("logs/"), {"process": "web.1"}).content.decode()
    assert 'data-log="/-/api/v1/apps/polls/logs?lines=500&amp;process=web.1"' in chosen
    assert "<option selected>web.1</option>" in chosen


def test_drains_are_added_shown_without_secrets_and_removed(live: App, owner: Client) -> None:
    secret = "https://me:hidden-value@logs.example/hidden-value"
    added = act(owner, "logs/", "add drain", address=secret, header="X-Key: hidden-value")
    assert added.status_code == 302
    (drain,) = live.log_drains.all()
    assert drain.headers == {"X-Key": "hidden-value"}
    said = words(owner, address("logs/"))
    assert "https://logs.example/... with X-Key not known yet" in said
    seen = LogDrainFigures(id=drain.pk, state="failing", why=f"{HOSTILE} is away.", lost=3)
    latest.take(Figures(time=1, apps=(AppFigures(id=live.pk, log_drains=(seen,)),)))
    try:
        page = owner.get(address("logs/")).content.decode()
    finally:
        latest.take(Figures(time=0))
    assert '<span class="state failing">failing</span>' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is away." in page
    assert "hidden-value" not in page
    refused = act(owner, "logs/", "add drain", address="nowhere")
    assert refused.status_code == 400
    assert "This is not an address for a log drain." in refused.content.decode()
    assert act(owner, "logs/", "remove drain", drain="seven").status_code == 404
    act(owner, "logs/", "remove drain", drain=str(drain.pk))
    assert not live.log_drains.exists()


def test_limits_are_set_and_taken_back(live: App, owner: Client) -> None:
    act(owner, "scale/", "limit", type="web", memory="2G", cpu="1.5", pids="", files="")
    live.refresh_from_db()
    assert live.limits == {"web": {"memory": 2 << 30, "cpu": 1.5}}
    page = owner.get(address("scale/")).content.decode()
    assert 'name="memory" value="2G" placeholder="2.0 GiB"' in page
    refused = act(owner, "scale/", "limit", type="web", memory="much")
    assert refused.status_code == 400
    assert act(owner, "scale/", "limit", type="unseen", memory="1G").status_code == 400
    act(owner, "scale/", "limit", type="web")
    live.refresh_from_db()
    assert live.limits == {}


def test_the_overview_shows_what_processes_use(app: App, live: App, owner: Client) -> None:
    tell(live, serving=1, processes=(process("web.1", handle="h1"),))
    used = ProcessFigures(
        handle="h1", name="web.1", cpu=0.25, memory=512 << 20, memory_limit=1 << 30
    )
    latest.take(Figures(time=1, apps=(AppFigures(id=live.pk, processes=(used,)),)))
    try:
        assert "25% 512 MiB of 1.0 GiB" in words(owner, address())
    finally:
        latest.take(Figures(time=0))


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> History:
    history = History()
    monkeypatch.setattr("portico.control.manage.charts.history", history)
    return history


def test_the_latest_figures_can_be_read_without_a_script(
    live: App, owner: Client, past: History
) -> None:
    assert "CPU of a core, by process type Nothing yet." in words(owner, address())
    used = [
        ProcessFigures(handle=name, name=name, cpu=0.25, memory=memory << 20)
        for name, memory in {"web.1": 300, "web.2": 200, "worker.1": 90}.items()
    ]
    told = AppFigures(id=live.pk, processes=tuple(used))
    for moment in (time.time() - 1, time.time()):
        past.take(Figures(time=moment, apps=(told,), platform=Requests()), {})
    for range_ in ("hour", "day", "nonsense"):
        said = words(owner, f"{address()}?range={range_}")
        assert "Requests errors: answers of 500 and above requests 0/min errors 0/min" in said
        assert "Latency until an answer began Nothing was asked of it in this time." in said
        assert "CPU of a core, by process type web 50% worker 25%" in said
        assert "Memory the largest process of a type web 300 MiB worker 90 MiB" in said


def test_charts_say_that_nothing_runs_and_are_not_there_before_anything_could(
    app: App, owner: Client, past: History, upload: Callable[..., Deploy], alice: User
) -> None:
    assert "Last hour" not in words(owner, address())
    go_live(upload())
    App.named("polls").scale({"web": 0}, alice)
    assert "None of its processes run." in words(owner, address())
