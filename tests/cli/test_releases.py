"""`portico releases` and `portico rollback`."""

from __future__ import annotations

import json

import pytest

from portico.cli.releases import parsed
from tests.cli.stub import NOW


def release(version: int, **more: object) -> dict[str, object]:
    return {
        "version": version,
        "state": "live",
        "commit": "0123456789abcdef",
        "created_at": NOW,
        "created_by": "alice",
        "description": "push",
        **more,
    }


def test_lists_releases(portico, stub):
    older = release(1, state="retired", commit=None)
    stub.answers["GET /apps/my-app/releases"] = (200, [release(2), older])
    assert portico("releases", "my-app").stdout == (
        "VERSION  STATE    MADE                 BY     COMMIT      WHAT\n"
        "v2       live     2026-01-02 03:04:05  alice  0123456789  push\n"
        "v1       retired  2026-01-02 03:04:05  alice              push\n"
    )


def test_lists_releases_for_scripts(portico, stub):
    stub.answers["GET /apps/my-app/releases"] = (200, [release(2)])
    (found,) = json.loads(portico("releases", "my-app", "--json").stdout)
    wanted = {"version": 2, "state": "live", "commit": "0123456789abcdef", "created_at": NOW}
    assert wanted.items() <= found.items()


@pytest.mark.parametrize(
    ("words", "app", "meaning"),
    [
        ((), None, (None, None)),
        (("v3",), None, (None, 3)),
        (("3",), None, (None, 3)),
        (("my-app",), None, ("my-app", None)),
        (("my-app", "v12"), None, ("my-app", 12)),
        (("v3", "v4"), None, ("v3", 4)),
        (("v4",), "v3", ("v3", 4)),
    ],
)
def test_a_rollback_takes_app_and_version_or_either(words, app, meaning):
    assert parsed(words, app) == meaning


def test_rolls_back_and_follows(portico, stub):
    stub.answers["POST /apps/my-app/releases"] = (202, stub.deploy("my-app", "queued"))
    stub.streams["/apps/my-app/deploys/7/log"] = [[{"deploy": stub.deploy("my-app")}]]
    assert portico("rollback", "my-app", "v3").stdout == "Rolling out my-app\n"
    assert stub.only("POST", "/apps/my-app/releases").json == {"rollback_to": 3}


def test_without_a_version_the_server_takes_the_one_before(portico, stub):
    stub.answers["POST /apps/my-app/releases"] = (202, stub.deploy("my-app", "queued"))
    stub.streams["/apps/my-app/deploys/7/log"] = [[{"deploy": stub.deploy("my-app")}]]
    assert portico("rollback", "my-app").code == 0
    assert stub.only("POST", "/apps/my-app/releases").json == {"rollback_to": None}


def test_words_too_many_are_an_error(portico, stub):
    assert portico("rollback", "my-app", "other").stderr == (
        "`portico rollback` takes an app and a version.\n"
        "It was given: my-app other.\n"
        "Next: For example `portico rollback v3`, or `portico rollback my-app v3`.\n"
    )
