"""`portico apps ...` and `portico open`."""

from __future__ import annotations

import json
import subprocess

import pytest


def test_lists_apps(portico, stub):
    stub.add("my-app")
    stub.add("new-app", state="new", release=None)
    assert portico("apps").stdout == (
        "NAME     STATE    RELEASE  URL\n"
        f"my-app   running  v3       {stub.url}/my-app/\n"
        f"new-app  new               {stub.url}/new-app/\n"
    )


def test_lists_apps_for_scripts(portico, stub):
    stub.add("my-app")
    (app,) = json.loads(portico("apps", "--json").stdout)
    assert (app["name"], app["release"], app["state"]) == ("my-app", 3, "running")


def test_no_apps_is_said_beside_the_empty_result(portico, stub):
    result = portico("apps")
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr == (
        "There are no apps yet. `portico deploy` makes one of the folder you are in.\n"
    )


def test_creates_an_app_and_its_remote(portico, stub):
    subprocess.run(["git", "init", "-q"], check=True)
    assert portico("apps", "create", "my-app").stdout == (
        f"Made my-app. It will answer at {stub.url}/my-app/\n"
        "Added the git remote `portico`: `git push portico HEAD:main` deploys my-app.\n"
    )
    remote = subprocess.check_output(["git", "remote", "get-url", "portico"], text=True)
    assert remote == f"{stub.url}/-/git/my-app.git\n"


def test_a_problem_of_the_server_is_shown_as_it_is(portico, stub):
    stub.answers["POST /apps"] = (
        409,
        {"title": "The name is taken.", "detail": "Bob has it.", "hint": "Take another."},
    )
    result = portico("apps", "create", "my-app")
    assert result.code == 1
    assert result.stderr == "The name is taken.\nBob has it.\nNext: Take another.\n"


def test_shows_an_app(portico, stub):
    stub.add("my-app")
    assert portico("apps", "info", "my-app").stdout == (
        "name:               my-app\n"
        f"url:                {stub.url}/my-app/\n"
        f"git:                {stub.url}/-/git/my-app.git\n"
        "state:              running\n"
        "release:            v3\n"
        "path:               mount (found out)\n"
        "made:               2026-01-02 03:04:05\n"
        "title:              default\n"
        "rank:               none\n"
        "picture:            drawn\n"
        "in the portal:      not listed\n"
        "web:                1 x gunicorn mysite.wsgi\n"
        "health-path:        default\n"
        "timeout:            default\n"
        "idle-timeout:       default\n"
        "max-request-bytes:  default\n"
        "ready-seconds:      default\n"
        "drain-seconds:      5.0\n"
    )


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        (
            {"minutes": 5, "answers": 12, "errors": 2, "median": 0.012, "p95": 1.25},
            "12 in the last 5 minutes, 2 failed, half began within 12 ms, 95% began within 1.2 s",
        ),
        ({"minutes": 5, "answers": 1}, "1 in the last 5 minutes, 0 failed"),
        ({"minutes": 5}, "none in the last 5 minutes"),
    ],
)
def test_says_what_was_answered_lately(portico, stub, requests, said):
    stub.add("my-app")
    stub.apps["my-app"]["requests"] = requests
    assert f"requests:           {said}\n" in portico("apps", "info", "my-app").stdout


def changes(stub):
    """Takes changes of settings, which need no deploy."""
    stub.answers["PATCH /apps/my-app"] = (200, stub.apps["my-app"])
    stub.answers["GET /apps/my-app/deploys"] = (200, [])


def test_says_what_the_card_says(portico, stub, tmp_path):
    stub.add("my-app")
    changes(stub)
    stub.answers["PUT /apps/my-app/picture"] = (200, stub.apps["my-app"])
    picture = tmp_path / "card.png"
    picture.write_bytes(b"a picture")
    words = ("--title", "Our app", "--tag", "a", "--tag", "b", "--rank", "2", "--listed")
    done = portico("apps", "set", "my-app", *words, "--picture", str(picture))
    assert (done.code, done.stdout) == (0, "Changed my-app.\n")
    assert stub.only("PUT", "/apps/my-app/picture").body == b"a picture"
    assert stub.only("PATCH", "/apps/my-app").json == {
        "title": "Our app",
        "tags": ["a", "b"],
        "rank": 2,
        "listed": True,
    }


def test_takes_back_what_the_card_says(portico, stub):
    stub.add("my-app")
    changes(stub)
    stub.answers["DELETE /apps/my-app/picture"] = (204, None)
    words = ("--title", "default", "--tag", "default", "--rank", "default", "--unlisted")
    assert portico("apps", "set", "my-app", *words, "--picture", "default").code == 0
    assert stub.only("DELETE", "/apps/my-app/picture")
    assert stub.only("PATCH", "/apps/my-app").json == {
        "title": None,
        "tags": None,
        "rank": None,
        "listed": False,
    }


def test_a_picture_that_cannot_be_read_changes_nothing(portico, stub):
    stub.add("my-app")
    done = portico("apps", "set", "my-app", "--title", "x", "--picture", "nowhere.png")
    assert (done.code, done.stderr) == (
        1,
        "The picture nowhere.png cannot be read.\n"
        "No such file or directory.\n"
        "Next: Give the path of a PNG, JPEG or WebP file, or `default` for the drawn one.\n",
    )
    assert not stub.queries("PATCH", "/apps/my-app")


def test_a_rank_is_a_number(portico, stub):
    stub.add("my-app")
    done = portico("apps", "set", "my-app", "--rank", "first")
    assert done.stderr == (
        "--rank cannot be set to 'first'.\n"
        "It is not a whole number.\n"
        "Next: Give a whole number, or `default` for the server's own.\n"
    )


def test_sets_settings_and_takes_them_back(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app"] = (200, stub.apps["my-app"])
    deploy = stub.deploy("my-app", "starting", kind="config")
    stub.answers["GET /apps/my-app/deploys"] = (200, [deploy])
    stub.streams["/apps/my-app/deploys/7/log"] = [
        [{"time": None, "line": "v4 is live"}, {"deploy": stub.deploy("my-app")}]
    ]
    result = portico(
        *("apps", "set", "my-app", "--path", "auto", "--timeout", "2.5"),
        *("--max-request-bytes", "1000", "--drain-seconds", "default"),
    )
    assert result.stdout == "Rolling out my-app\nv4 is live\nChanged my-app.\n"
    assert stub.only("PATCH", "/apps/my-app").json == {
        "path_mode": None,
        "timeout": 2.5,
        "max_request_bytes": 1000,
        "drain_seconds": None,
    }


def test_a_setting_that_needs_no_release_is_changed_at_once(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app"] = (200, stub.apps["my-app"])
    stub.answers["GET /apps/my-app/deploys"] = (200, [stub.deploy("my-app")])
    assert portico("apps", "set", "my-app", "--idle-timeout", "0").stdout == "Changed my-app.\n"


def test_a_setting_that_is_no_number_is_an_error(portico, stub):
    assert portico("apps", "set", "my-app", "--timeout", "long").stderr == (
        "--timeout cannot be set to 'long'.\n"
        "It is not a number of seconds.\n"
        "Next: Give a number of seconds, or `default` for the server's own.\n"
    )


def test_setting_nothing_is_an_error(portico, stub):
    assert portico("apps", "set", "my-app").stderr == (
        "Nothing was changed.\n"
        "No setting was given.\n"
        "Next: `portico apps set --help` lists the settings; `portico apps info` shows them.\n"
    )


def test_destroys_only_when_told_so(portico, stub):
    stub.add("my-app")
    stub.answers["DELETE /apps/my-app"] = (204, None)
    assert portico("apps", "destroy", "my-app").stderr == (
        "my-app was not destroyed.\n"
        "Its releases and data would be gone for good, and there is no terminal to ask on.\n"
        "Next: Say it in the command: `portico apps destroy my-app --yes`.\n"
    )
    assert stub.queries("DELETE", "/apps/my-app") == []
    assert portico("apps", "destroy", "my-app", "--yes").stdout == "Destroyed my-app.\n"
    assert len(stub.queries("DELETE", "/apps/my-app")) == 1


def test_destroys_nothing_when_something_else_is_typed(terminals, stub):
    stub.add("my-app")
    terminal = terminals("apps", "destroy", "my-app")
    terminal.expect(b"Type my-app to go on")
    terminal.type(b"my-ap\n")
    said = terminal.expect(b"and then my-app.")
    assert b"my-app was not destroyed." in said
    assert b"Something else than its name was typed." in said
    assert b"To destroy it, type `portico apps destroy my-app` again, and then my-app." in said
    assert terminal.process.wait(timeout=30) == 1
    assert stub.queries("DELETE", "/apps/my-app") == []


def test_renames_and_lets_the_remote_follow(portico, stub):
    stub.add("old")
    stub.add("new")
    stub.answers["PATCH /apps/old"] = (200, stub.apps["new"])
    subprocess.run(["git", "init", "-q"], check=True)
    url = f"{stub.url}/-/git/old.git"
    subprocess.run(["git", "remote", "add", "portico", url], check=True)
    assert portico("apps", "rename", "old", "new").stdout == (
        f"old is now new, at {stub.url}/new/\n"
        "The git remote `portico` of this repository follows.\n"
    )
    assert stub.only("PATCH", "/apps/old").json == {"name": "new"}
    remote = subprocess.check_output(["git", "remote", "get-url", "portico"], text=True)
    assert remote == f"{stub.url}/-/git/new.git\n"


def test_gives_an_app_away(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app"] = (200, stub.apps["my-app"] | {"owner": "bob"})
    done = portico("apps", "transfer", "my-app", "bob")
    assert done.stdout == "my-app belongs to bob now.\n"
    assert stub.only("PATCH", "/apps/my-app").json == {"owner": "bob"}


def test_opens_the_browser(portico, stub, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    stub.add("my-app")
    assert portico("open", "my-app").stdout == f"{stub.url}/my-app/\n"
    assert opened == [f"{stub.url}/my-app/"]


def test_an_app_name_cannot_reach_another_path(portico, stub):
    assert portico("apps", "info", "../whoami").code == 1
    assert stub.asked[-1].path == "/apps/../whoami"


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_setting_without_a_bound_is_no_number(portico, stub, number):
    stub.add("my-app")
    assert portico("apps", "set", "my-app", "--timeout", number).stderr == (
        f"--timeout cannot be set to '{number}'.\n"
        "It is not a number of seconds.\n"
        "Next: Give a number of seconds, or `default` for the server's own.\n"
    )
