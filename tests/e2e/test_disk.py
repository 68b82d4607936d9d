"""`portico server disk` beside a running server."""

from __future__ import annotations

from tests.builder.apps import APPS
from tests.servers import Server


def test_an_app_is_shown_with_its_release_and_what_it_runs_on(server: Server) -> None:
    done = server.cli("deploy", str(APPS / "works"), "--app", "on-disk", "--yes")
    assert done.returncode == 0, done.stderr
    try:
        found = server.json("server", "disk", "--data", str(server.data))
        (app,) = (app for app in found["apps"] if app["name"] == "on-disk")
        assert [release["versions"] for release in app["releases"]] == [[1]]
        build = app["releases"][0]["build"]
        used = {"app": "on-disk", "build": build, "versions": [1]}
        assert [used in one["used_by"] for one in found["environments"]].count(True) == 1
        assert {part["name"] for part in found["server"]} >= {"sources", "git", "database", "logs"}
        shown = server.cli("server", "disk", "--data", str(server.data)).stdout
        assert "on-disk v1" in shown
        assert shown.splitlines()[-1].endswith("free on its disk.")
    finally:
        server.cli("apps", "destroy", "on-disk", "--yes")
