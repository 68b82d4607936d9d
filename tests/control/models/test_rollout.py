from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from portico.control.models import App, Deploy, Release
from portico.control.models.config import config_of
from portico.control.models.deploy import ORIGINS
from portico.errors import PorticoError
from portico.wire import BuildResult, DeployState, Problem, Slug
from tests.control.reporting import built, go_live, problem_of, say

Upload = Callable[..., Deploy]


def states(app: App) -> list[str]:
    return list(app.deploys.order_by("id").values_list("state", flat=True))


def test_nothing_follows_a_final_state() -> None:
    assert not [state for origins in ORIGINS.values() for state in origins if state.final]
    assert set(ORIGINS) == set(DeployState) - {DeployState.QUEUED}


def test_a_build_becomes_a_release_and_goes_live(app: App, upload: Upload) -> None:
    deploy = upload(commit="abc")
    say(deploy, "building")
    built(deploy, path_mode="mount", health_path="/up")
    release = Release.objects.get()
    assert (
        release.version,
        release.state,
        release.path_mode,
        release.health_path,
        release.commit,
    ) == (
        1,
        "pending",
        "mount",
        "/up",
        "abc",
    )
    say(deploy, "starting")
    say(deploy, "live")
    app.refresh_from_db()
    release.refresh_from_db()
    assert (app.current, app.under_way, release.state) == (release, None, "live")
    assert deploy.finished_at is not None


def test_a_newer_deploy_supersedes_those_that_wait(app: App, upload: Upload) -> None:
    under_way, waiting, newest = upload(b"one"), upload(b"two"), upload(b"three")
    assert states(app) == ["queued", "superseded", "queued"]
    assert problem_of(waiting) == {
        "title": "A newer deploy has taken this one's place.",
        "detail": f"Deploy {newest.pk} came in before this one's turn.",
        "hint": f"Follow deploy {newest.pk}; it contains the newer state.",
    }
    go_live(under_way)
    app.refresh_from_db()
    assert app.under_way == newest


def test_a_config_change_does_not_supersede_waiting_code(
    app: App, upload: Upload, alice: User
) -> None:
    go_live(upload(b"one"))
    under_way, waiting = upload(b"two"), upload(b"three")
    config = app.set_config({"A": "1"}, alice)
    newer = app.set_config({"A": "2"}, alice)
    assert config is not None
    assert newer is not None
    assert states(app)[1:] == ["queued", "queued", "superseded", "queued"]
    go_live(under_way)
    go_live(waiting)
    newer.refresh_from_db()
    app.refresh_from_db()
    assert app.current is not None
    assert newer.release is not None
    assert newer.release.build == app.current.build  # the code that went live meanwhile
    assert newer.release.config == {"A": "2"}


def test_a_change_while_the_first_release_starts_is_rolled_out(
    app: App, upload: Upload, alice: User
) -> None:
    first = upload()
    built(first)
    config = app.set_config({"A": "1"}, alice)
    say(first, "failed", problem=Problem(title="It exits."))
    assert config is not None
    config.refresh_from_db()
    assert (config.state, problem_of(config)["title"]) == (
        "cancelled",
        "There is no release to change.",
    )


def test_a_failed_deploy_changes_nothing(app: App, upload: Upload) -> None:
    go_live(upload(b"one"))
    deploy = upload(b"two")
    built(deploy)
    say(deploy, "failed", problem=Problem(title="Exits.", detail="At once.", hint="Look."))
    app.refresh_from_db()
    assert app.current is not None
    assert app.current.version == 1
    assert dict(app.releases.values_list("version", "state")) == {1: "live", 2: "failed"}
    assert problem_of(deploy) == {"title": "Exits.", "detail": "At once.", "hint": "Look."}


def test_old_news_changes_nothing(app: App, upload: Upload) -> None:
    deploy = upload()
    go_live(deploy)
    for state in ("building", "built", "failed", "cancelled", "live"):
        say(deploy, state)
    assert states(app) == ["live"]


def test_a_repeated_report_makes_no_second_release(app: App, upload: Upload) -> None:
    deploy = upload()
    built(deploy)
    built(deploy)
    assert Release.objects.count() == 1


def test_a_result_for_another_build_fails_the_deploy(app: App, upload: Upload) -> None:
    deploy = upload()
    say(deploy, "built", built=BuildResult(slug=Slug(build=4711), processes={"web": "x"}))
    assert deploy.state == "failed"
    assert problem_of(deploy) == {
        "title": "The build's result cannot be used.",
        "detail": "It does not belong to the build that was ordered.",
        "hint": "Deploy again. If it happens again, look into the agent's log.",
    }


def test_app_json_fills_what_is_unset(app: App, upload: Upload, alice: User) -> None:
    app.set_config({"MINE": "kept"}, alice)
    deploy = upload()
    built(
        deploy,
        defaults={"MINE": "other", "LEVEL": "info"},
        generated=("SECRET",),
        required=("SECRET",),
    )
    config = config_of(app)
    assert (config["MINE"], config["LEVEL"], len(config["SECRET"])) == ("kept", "info", 64)
    assert Release.objects.get().config == config


def test_a_missing_required_var_fails_the_deploy(app: App, upload: Upload) -> None:
    deploy = upload()
    built(deploy, required=("API_KEY", "OTHER"), generated=("SECRET",))
    assert problem_of(deploy) == {
        "title": "A required config var is not set.",
        "detail": "app.json requires API_KEY, OTHER.",
        "hint": "Set it and deploy again: portico config polls set API_KEY=VALUE",
    }
    assert config_of(app) == {}
    assert not Release.objects.exists()


def test_app_json_cannot_set_the_platforms_variables(app: App, upload: Upload) -> None:
    deploy = upload()
    built(deploy, defaults={"PORT": "80"})
    assert problem_of(deploy)["title"] == "The config var PORT cannot be set."


def test_what_probing_found_is_kept_for_the_next_release(
    app: App, upload: Upload, alice: User
) -> None:
    deploy = upload()
    built(deploy)
    say(deploy, "live", path_mode="strip")
    assert Release.objects.get().path_mode == "strip"
    config = app.set_config({"A": "1"}, alice)
    assert config is not None
    assert config.release is not None
    assert config.release.path_mode == "strip"


def test_a_waiting_deploy_is_cancelled_at_once(app: App, upload: Upload, alice: User) -> None:
    upload(b"one")
    waiting = upload(b"two")
    assert app.cancel(waiting.pk, alice).state == "cancelled"
    assert problem_of(waiting)["detail"] == "alice asked for it before its turn came."


def test_a_deploy_under_way_is_cancelled_by_the_agent(
    app: App, upload: Upload, alice: User
) -> None:
    deploy = upload()
    assert app.cancel(deploy.pk, alice).cancel
    say(deploy, "cancelled")
    assert deploy.state == "cancelled"
    with pytest.raises(PorticoError) as error:
        app.cancel(deploy.pk, alice)
    assert str(error.value) == (
        f"Deploy {deploy.pk} cannot be cancelled.\n"
        "It is already cancelled.\n"
        "See what became of it: portico releases polls"
    )
