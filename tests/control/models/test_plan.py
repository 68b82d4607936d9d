from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test.utils import CaptureQueriesContext

from portico.control import sources
from portico.control.models import App, Deploy, Kind, PlanClock, PlanRow, Release, plan
from portico.wire import AppPlan
from tests.control.reporting import built, go_live, process, say, tell

Upload = Callable[..., Deploy]


def document(app: App) -> AppPlan:
    return AppPlan.model_validate(PlanRow.objects.get(pk=app.pk).document)


def version(app: App) -> int:
    return PlanRow.objects.get(pk=app.pk).version


def test_a_new_app_has_a_route_and_nothing_to_run(app: App) -> None:
    assert document(app) == AppPlan(
        id=app.pk,
        name="polls",
        url="http://portico.example/polls/",
        routes=({"prefix": "/polls"},),  # type: ignore[arg-type]
    )


def test_apps_may_have_a_host_of_their_own(settings: Any, alice: User) -> None:
    update = {"apps_host": "apps.example", "url": "https://portico.example:8443"}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    plan_of = document(App.create("polls", alice))
    assert (plan_of.url, plan_of.routes[0].host) == (
        "https://apps.example:8443/polls/",
        "apps.example",
    )


def test_each_app_may_have_a_host_of_its_own(settings: Any, alice: User) -> None:
    update = {"apps_host": "*.apps.example"}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    plan_of = document(App.create("polls", alice))
    assert (plan_of.url, plan_of.routes[0].host) == (
        "http://polls.apps.example/polls/",
        "polls.apps.example",
    )


def test_a_deploy_is_first_a_build_then_a_release(app: App, upload: Upload, alice: User) -> None:
    app.set_config({"A": "1"}, alice)
    deploy = upload(use_cache=False)
    ordered = document(app).deploy
    assert ordered is not None
    assert ordered.build is not None
    assert (ordered.release, ordered.build.config, ordered.build.use_cache) == (
        None,
        {"A": "1"},
        False,
    )
    built(deploy, formation={"worker": 2}, release_command="migrate", postdeploy="seed")
    planned = document(app)
    assert planned.deploy is not None
    assert planned.deploy.release is not None
    assert (planned.deploy.release.release_command, planned.deploy.release.postdeploy) == (
        "migrate",
        "seed",
    )
    assert planned.formation == {"web": 1, "worker": 2}
    assert planned.current is None


def test_a_live_release_is_current(app: App, upload: Upload) -> None:
    go_live(upload())
    planned = document(app)
    assert planned.current is not None
    assert (planned.current.version, planned.deploy) == (1, None)


def test_explicit_scale_wins_over_app_json(app: App, upload: Upload, alice: User) -> None:
    app.scale({"worker": 5}, alice)
    go_live(upload(), formation={"web": 3, "worker": 2})
    assert document(app).formation == {"web": 3, "worker": 5}


def test_settings_reach_the_route(app: App, alice: User) -> None:
    app.change_settings({"timeout": 5.0, "max_request_bytes": 10, "drain_seconds": 1.0}, alice)
    planned = document(app)
    assert (planned.routes[0].timeout, planned.routes[0].max_request_bytes) == (5.0, 10)
    assert (planned.drain_seconds, planned.ready_seconds) == (1.0, 60)


def test_versions_only_grow_and_a_change_touches_one_app(app: App, alice: User) -> None:
    other = App.create("other", alice)
    before = version(other)
    app.scale({"web": 2}, alice)
    app.change_settings({"timeout": 5.0}, alice)
    assert version(app) > before
    assert version(other) == before


def test_what_the_agent_does_not_see_is_no_new_version(app: App, alice: User) -> None:
    before = version(app)
    tell(app, processes=(process("web.1"),))
    plan.refresh(app)
    assert version(app) == before


def test_a_delta_holds_what_is_newer(app: App, alice: User) -> None:
    clock, complete, apps = plan.delta("", 0)
    assert (complete, set(apps)) == (True, {app.pk})
    assert plan.delta(clock.epoch, clock.version)[1:] == (False, {})
    other = App.create("other", alice)
    other_id = other.pk
    other.destroy(alice)
    newer, complete, apps = plan.delta(clock.epoch, clock.version)
    assert (complete, apps) == (False, {other_id: None})
    assert newer.version > clock.version


def test_another_epoch_or_the_future_starts_over(app: App) -> None:
    clock, _, _ = plan.delta("", 0)
    assert plan.delta("another", clock.version)[1]
    assert plan.delta(clock.epoch, clock.version + 1)[1]


def test_builds_of_the_newest_releases_stay_and_their_sources(
    app: App,
    upload: Upload,
    settings: Any,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"kept_releases": 2})
    deploys = []
    with django_capture_on_commit_callbacks(execute=True):
        for content in (b"one", b"two", b"three"):
            deploys.append(upload(content))
            go_live(deploys[-1])
    builds = [deploy.build for deploy in deploys]
    assert document(app).kept_builds == tuple(build.pk for build in builds[1:] if build)
    assert [sources.path_of(build.source.sha256).exists() for build in builds if build] == [
        False,
        True,
        True,
    ]


def test_a_source_that_another_app_needs_stays(
    app: App, upload: Upload, alice: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    deploy = upload(b"one")
    assert deploy.build is not None
    source = deploy.build.source
    other = App.create("other", alice)
    other.deploy(source, alice, kind=Kind.UPLOAD, commit=None, use_cache=True)
    with django_capture_on_commit_callbacks(execute=True):
        app.destroy(alice)
    assert sources.path_of(source.sha256).exists()


def test_a_change_costs_the_same_with_many_apps(
    app: App, alice: User, django_assert_max_num_queries: Any
) -> None:
    def cost(count: int) -> int:
        with django_assert_max_num_queries(100) as queries:
            app.scale({"web": count}, alice)
        assert isinstance(queries, CaptureQueriesContext)
        return len(queries)

    before = cost(2)
    for number in range(30):
        App.create(f"app-{number}", alice)
    assert cost(3) == before


def test_sessions_of_a_killed_web_are_forgotten(app: App) -> None:
    plan.sessions_changed(app.pk, live=True)
    before = version(app)
    plan.forget_sessions()
    assert version(app) > before
    assert not PlanRow.objects.get(pk=app.pk).sessions


def test_failed_deploys_push_nothing_out_that_can_be_rolled_back_to(
    app: App, upload: Upload, settings: Any, alice: User
) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"kept_releases": 2})
    worked = [upload(content) for content in (b"one", b"two")]
    for deploy in worked:
        go_live(deploy)
    failed = [upload(content) for content in (b"three", b"four", b"five")]
    for deploy in failed:
        deploy.refresh_from_db()
        built(deploy)
        say(deploy, "failed")
    assert document(app).kept_builds == (worked[0].build_id, worked[1].build_id, failed[2].build_id)
    assert app.rollback(None, alice).target == Release.objects.get(version=1)


def test_a_tombstone_stays_until_the_agent_has_taken_it(alice: User) -> None:
    app = App.create("gone", alice)
    epoch, before = plan.delta("", 0)[0].epoch, version(app)
    gone = app.pk
    app.destroy(alice)
    for _ in range(2):  # asked for again by an agent that was killed with the answer
        clock, complete, apps = plan.delta(epoch, before)
        assert (complete, apps) == (False, {gone: None})
    assert plan.delta(epoch, clock.version)[1:] == (False, {})
    assert not PlanRow.objects.filter(pk=gone).exists()


def test_plans_follow_the_operators_settings(app: App, settings: Any) -> None:
    App.follow_settings()
    version = PlanClock.now().version
    App.follow_settings()
    assert PlanClock.now().version == version
    settings.PORTICO = settings.PORTICO.model_copy(update={"apps_host": "apps.example"})
    App.follow_settings()
    _, _, documents = plan.delta(PlanClock.now().epoch, version)
    document = documents[app.pk]
    assert document is not None
    assert document["routes"][0]["host"] == "apps.example"
    assert document["url"] == "http://apps.example/polls/"
