"""`portico config`."""

from __future__ import annotations

import json

import pytest

from portico.cli.config import Order, parsed


@pytest.mark.parametrize(
    ("words", "app", "order"),
    [
        ((), None, Order(None)),
        (("my-app",), None, Order("my-app")),
        (("get", "KEY"), None, Order(None, "get", ("KEY",))),
        (("set", "A=1"), None, Order(None, "set", ("A=1",))),
        (("my-app", "set", "A=1"), None, Order("my-app", "set", ("A=1",))),
        (("set", "set", "A=1"), None, Order("set", "set", ("A=1",))),
        (("set", "A=1"), "my-app", Order("my-app", "set", ("A=1",))),
    ],
)
def test_the_app_may_stand_first_or_be_left_out(words, app, order):
    assert parsed(words, app) == order


def test_lists_config_vars_and_marks_secret_ones(portico, stub):
    stub.answers["GET /apps/my-app/config"] = (200, {"B": "2", "A": "one\nline"})
    stub.answers["GET /apps/my-app/config/secrets"] = (200, ["B"])
    assert portico("config", "my-app").stdout == "A=one\\x0aline\nB=2  # secret\n"
    assert json.loads(portico("config", "my-app", "--json").stdout) == {"A": "one\nline", "B": "2"}


def test_gets_one_as_it_is(portico, stub):
    stub.answers["GET /apps/my-app/config"] = (200, {"A": "one\nline"})
    assert portico("config", "my-app", "get", "A").stdout == "one\nline\n"


def test_one_that_is_not_set_is_an_error(portico, stub):
    stub.answers["GET /apps/my-app/config"] = (200, {"B": "2", "A": "1"})
    assert portico("config", "my-app", "get", "C").stderr == (
        "my-app has no config var C.\n"
        "It has A, B.\n"
        "Next: Set it with `portico config my-app set C=VALUE`.\n"
    )


def test_a_change_is_followed_until_it_is_live(portico, stub):
    deploy = stub.deploy("my-app", "starting", kind="config")
    stub.answers["PATCH /apps/my-app/config"] = (
        202,
        {"config": {"A": "x=y"}, "deploy": deploy},
    )
    stub.streams["/apps/my-app/deploys/7/log"] = [
        [{"time": None, "line": "Starting web.1"}, {"deploy": stub.deploy("my-app")}]
    ]
    result = portico("config", "my-app", "set", "A=x=y")
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "Rolling out my-app\nStarting web.1\n"
    assert stub.only("PATCH", "/apps/my-app/config").json == {"A": "x=y"}


def test_for_scripts_only_the_config_is_on_stdout(portico, stub):
    deploy = stub.deploy("my-app", "starting")
    stub.answers["PATCH /apps/my-app/config"] = (202, {"config": {"A": "1"}, "deploy": deploy})
    stub.streams["/apps/my-app/deploys/7/log"] = [[{"deploy": stub.deploy("my-app")}]]
    assert json.loads(portico("config", "my-app", "set", "A=1", "--json").stdout) == {"A": "1"}


def test_before_the_first_release_a_change_waits(portico, stub):
    stub.add("my-app", release=None)
    stub.answers["PATCH /apps/my-app/config"] = (202, {"config": {}, "deploy": None})
    result = portico("config", "my-app", "unset", "A", "B")
    assert result.stdout == "my-app will have it in its first release.\n"
    assert stub.only("PATCH", "/apps/my-app/config").json == {"A": None, "B": None}


def test_a_change_that_changes_nothing_says_so(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app/config"] = (202, {"config": {}, "deploy": None})
    result = portico("config", "my-app", "unset", "A")
    assert (result.code, result.stdout) == (
        0,
        "Nothing was changed: the config vars of my-app are like that already.\n",
    )


@pytest.mark.parametrize(
    ("option", "told", "words"),
    [
        ("--secret", "true", "From now on logs hide these values.\n"),
        ("--plain", "false", "From now on logs may show these values.\n"),
    ],
)
def test_what_is_set_can_be_said_to_be_secret_or_not(portico, stub, option, told, words):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app/config"] = (202, {"config": {"A": "1"}, "deploy": None})
    assert portico("config", "my-app", "set", "A=1", option).stdout == words
    assert stub.only("PATCH", "/apps/my-app/config").query == {"secret": told}


def test_nothing_else_can_be_said_to_be_secret(portico, stub):
    assert portico("config", "my-app", "unset", "A", "--secret").stderr == (
        "--secret and --plain say something of values that are being set.\n"
        "There is no `set` in this command.\n"
        "Next: For example `portico config set --secret DATABASE_PASS=...`.\n"
    )


def test_a_word_that_sets_nothing_is_an_error(portico, stub):
    assert portico("config", "my-app", "set", "A").stderr == (
        "'A' sets nothing.\n"
        "A config var is written KEY=VALUE, without spaces around the equals sign.\n"
        "Next: For example `portico config set DEBUG=0 'GREETING=Good morning'`.\n"
    )
    assert stub.queries("PATCH", "/apps/my-app/config") == []


def test_naming_nothing_is_an_error(portico, stub):
    assert portico("config", "my-app", "set").stderr == (
        "There is nothing to set.\n"
        "No config var was named.\n"
        "Next: `portico config set KEY=VALUE`; `portico config` lists what is set.\n"
    )


def test_an_unknown_verb_is_an_error(portico, stub):
    assert portico("config", "my-app", "put", "A=1").stderr == (
        "`portico config` does not know 'put'.\n"
        "After the app comes one of get, set, unset.\n"
        "Next: For example `portico config set KEY=VALUE`.\n"
    )
