from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from portico.control import sources
from portico.control.git import pushes
from portico.control.models import App, Deploy, Event, PlanRow, Release, plan
from portico.control.models.config import config_of, secret_names
from portico.errors import PorticoError
from tests.control.reporting import go_live, say

Upload = Callable[..., Deploy]


def refused(error: pytest.ExceptionInfo[PorticoError]) -> tuple[str, str, str]:
    return error.value.title, error.value.detail, error.value.hint


@pytest.fixture
def released(app: App, upload: Upload) -> App:
    go_live(upload())
    return App.named("polls")


def test_a_taken_name_is_refused(app: App, bob: User) -> None:
    with pytest.raises(PorticoError) as error:
        App.create("polls", bob)
    assert refused(error) == (
        "The name 'polls' is not free.",
        "The platform keeps it for itself, or an app has it.",
        "Choose another name, for example my-polls.",
    )


def test_an_unknown_app_is_refused(db: None) -> None:
    with pytest.raises(PorticoError) as error:
        App.named("nobody")
    assert refused(error) == (
        "There is no app 'nobody'.",
        "No app of this name exists on this server.",
        "See which there are: portico apps",
    )


def test_every_verb_is_in_the_trail(released: App, alice: User, bob: User) -> None:
    released.set_config({"A": "1"}, bob)
    released.scale({"web": 2, "worker": 1}, alice)
    released.restart(alice)
    released.change_settings({"timeout": 5.0}, alice)
    released.rename("voting", alice)
    first = released.deploys.earliest("id")
    released.destroy(alice)
    trail = [(one.user, one.app, one.verb, one.detail) for one in Event.objects.order_by("id")]
    assert trail == [
        ("alice", "polls", "create", ""),
        ("alice", "polls", "upload", f"{first}: Deployed 6f6e656f6e65"),
        ("alice", "polls", "live", f"{first}: v1"),
        ("bob", "polls", "config", "A"),
        ("alice", "polls", "scale", "web=2 worker=1"),
        ("alice", "polls", "restart", ""),
        ("alice", "polls", "settings", "timeout=5.0"),
        ("alice", "voting", "rename", "from polls"),
        ("alice", "voting", "destroy", ""),
    ]


def test_a_config_change_is_a_release_of_the_same_slug(released: App, alice: User) -> None:
    deploy = released.set_config({"A": "1"}, alice)
    assert deploy is not None
    assert deploy.release is not None
    assert (deploy.kind, deploy.release.version, deploy.release.config) == ("config", 2, {"A": "1"})
    assert released.current is not None
    assert deploy.release.build == released.current.build


def test_config_that_stays_the_same_makes_no_release(released: App, alice: User) -> None:
    released.set_config({"A": "1"}, alice)
    assert released.set_config({"A": "1", "GONE": None}, alice) is None
    assert Release.objects.count() == 2


def test_config_before_the_first_release_makes_none(app: App, alice: User) -> None:
    assert app.set_config({"A": "1"}, alice) is None
    assert config_of(app) == {"A": "1"}


def test_what_is_secret_follows_from_names_and_values_unless_it_was_said(
    app: App, alice: User
) -> None:
    app.set_config({"API_KEY": "1", "MODE": "2", "KEYBOARD": "3"}, alice)
    assert secret_names(app) == ["API_KEY", "KEYBOARD"]
    app.set_config({"MODE": "2"}, alice, secret=True)
    app.set_config({"KEYBOARD": "4"}, alice, secret=False)
    app.set_config({"KEYBOARD": "5"}, alice)  # what was said stays
    assert secret_names(app) == ["API_KEY", "MODE"]
    assert plan.app_plan(app).secret == {"KEYBOARD": False, "MODE": True}
    app.set_config({"KEYBOARD": None}, alice)
    app.set_config({"KEYBOARD": "6"}, alice)
    assert secret_names(app) == ["API_KEY", "KEYBOARD", "MODE"]


@pytest.mark.parametrize("name", ["PORT", "PORTICO_URL"])
def test_the_platforms_variables_cannot_be_set(app: App, alice: User, name: str) -> None:
    with pytest.raises(PorticoError) as error:
        app.set_config({"GOOD": "1", name: "2"}, alice)
    assert refused(error) == (
        f"The config var {name} cannot be set.",
        "PORT and all names that begin with PORTICO_ are set by the platform.",
        "Choose another name and read that one in your app.",
    )
    assert config_of(app) == {}


def test_a_rollback_takes_the_old_slug_and_todays_config(
    app: App, upload: Upload, alice: User
) -> None:
    go_live(upload(b"one"))
    go_live(upload(b"two"))
    config = app.set_config({"A": "1"}, alice)
    assert config is not None
    go_live(config)
    deploy = app.rollback(1, alice)
    assert deploy.release is not None
    assert (deploy.release.version, deploy.release.config) == (4, {"A": "1"})
    assert deploy.release.description == "Rolled back to v1"
    assert deploy.release.build == Release.objects.get(version=1).build
    go_live(deploy)
    states = dict(app.releases.values_list("version", "state"))
    assert states == {1: "retired", 2: "retired", 3: "retired", 4: "live"}


def test_a_rollback_without_a_version_goes_to_the_one_before(
    app: App, upload: Upload, alice: User
) -> None:
    go_live(upload(b"one"))
    failed = upload(b"two")
    say(failed, "failed")
    go_live(upload(b"three"))
    deploy = app.rollback(None, alice)
    assert deploy.target is not None
    assert deploy.target.version == 1


def test_impossible_rollbacks_are_refused(app: App, upload: Upload, alice: User) -> None:
    with pytest.raises(PorticoError) as nothing:
        app.rollback(None, alice)
    go_live(upload(b"one"))
    with pytest.raises(PorticoError) as no_older:
        app.rollback(None, alice)
    with pytest.raises(PorticoError) as no_version:
        app.rollback(9, alice)
    with pytest.raises(PorticoError) as live:
        app.rollback(1, alice)
    assert refused(nothing) == (
        "polls cannot be rolled back.",
        "No deploy of this app has ever gone live.",
        "Deploy it first: portico deploy --app polls",
    )
    assert refused(no_older) == (
        "polls cannot be rolled back.",
        "No release before v1 has been live.",
        "See its releases: portico releases polls",
    )
    assert refused(no_version) == (
        "There is no release v9 of polls.",
        "The app has no release with this number.",
        "See its releases: portico releases polls",
    )
    assert refused(live) == (
        "polls cannot be rolled back to v1.",
        "It is live already.",
        "Choose one that is retired: portico releases polls",
    )


def test_a_release_whose_files_are_gone_cannot_come_back(
    app: App, upload: Upload, alice: User, settings: object
) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"kept_releases": 2})  # type: ignore[attr-defined]
    for content in (b"one", b"two", b"three"):
        go_live(upload(content))
    with pytest.raises(PorticoError) as error:
        app.rollback(1, alice)
    assert error.value.detail == "Its files are gone; those of the newest releases are kept."


def test_scaling_is_checked_against_the_release(released: App, alice: User) -> None:
    with pytest.raises(PorticoError) as unknown:
        released.scale({"wrok": 1}, alice)
    with pytest.raises(PorticoError) as many:
        released.scale({"web": 101}, alice)
    assert refused(unknown) == (
        "There is no process type 'wrok'.",
        "The current release has: web, worker.",
        "Add a line for it to the Procfile and deploy, or correct the name.",
    )
    assert refused(many) == (
        "101 processes of 'web' are not possible.",
        "A process type can have 0 to 100 processes.",
        "Choose a number between 0 and 100.",
    )


def test_restarting_what_was_never_live_is_refused(app: App, alice: User) -> None:
    with pytest.raises(PorticoError) as error:
        app.restart(alice)
    assert error.value.title == "polls cannot be restarted."


def test_a_new_path_mode_is_a_new_release(released: App, alice: User) -> None:
    deploy = released.change_settings({"path_mode": "strip"}, alice)
    assert deploy is not None
    assert deploy.release is not None
    assert deploy.release.path_mode == "strip"
    assert deploy.release.description == "Settings: path_mode=strip"


def test_renaming_to_a_taken_name_is_refused(app: App, alice: User) -> None:
    App.create("voting", alice)
    with pytest.raises(PorticoError) as error:
        app.rename("voting", alice)
    assert error.value.title == "The name 'voting' is not free."


@pytest.mark.parametrize("verb", ["destroy", "rename"])
def test_a_push_under_way_stands_against_it(app: App, alice: User, verb: str) -> None:
    words = ("voting", alice) if verb == "rename" else (alice,)
    with pushes.begin("polls", alice.pk, "alice"), pytest.raises(PorticoError) as error:
        getattr(app, verb)(*words)
    assert refused(error) == (
        f"polls cannot be {verb.rstrip('e')}ed now.".replace("destroyd", "destroyed"),
        "A push by alice is under way.",
        "Wait until it has ended and try again.",
    )


def test_a_destroyed_app_leaves_a_tombstone_and_no_source(
    django_capture_on_commit_callbacks: Callable[..., object], app: App, upload: Upload, alice: User
) -> None:
    deploy = upload(b"one")
    assert deploy.build is not None
    path = sources.path_of(deploy.build.source.sha256)
    app_id = app.pk
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        app.destroy(alice)
    assert not App.objects.exists()
    assert PlanRow.objects.get(pk=app_id).document is None
    assert not path.exists()


def test_a_verb_on_a_destroyed_app_is_refused(app: App, alice: User) -> None:
    other = App.named("polls")
    app.destroy(alice)
    with pytest.raises(PorticoError) as error:
        other.scale({"web": 2}, alice)
    assert error.value.title == "There is no app 'polls'."


def test_a_push_that_is_about_to_make_an_app_keeps_its_name(app: App, alice: User) -> None:
    with pushes.begin("voting", alice.pk, "alice"), pytest.raises(PorticoError) as error:
        app.rename("voting", alice)
    assert refused(error) == (
        "The name 'voting' is not free.",
        "The platform keeps it for itself, or an app has it.",
        "Choose another name, for example my-voting.",
    )
