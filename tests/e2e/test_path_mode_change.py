"""Releases that meet their prefix in another way than the one before them, under load."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.load import load
from tests.servers import Server

APP = Path(__file__).parents[1] / "apps" / "meets-its-prefix-as-told"
NAME = "changes-mode"


def test_no_request_meets_an_old_process_under_a_new_path(server: Server, tmp_path: Path) -> None:
    folder = shutil.copytree(APP, tmp_path / "app")
    try:
        _deploy(server, folder, "prefix", "own")
        server.open_to_all(NAME)
        with load(f"{server.url}/{NAME}/page") as result:
            for wants, mode in (("none", "strip"), ("prefix", "own"), ("none", "strip")):
                _deploy(server, folder, wants, mode)
                result.wait_for(50)
        assert result.failed == []
    finally:
        server.cli("apps", "destroy", NAME, "--yes")


def _deploy(server: Server, folder: Path, wants: str, mode: str) -> None:
    (folder / "wants").write_text(wants)
    done = server.cli("deploy", str(folder), "--app", NAME, "--yes")
    assert done.returncode == 0, done.stderr
    assert server.json("apps", "info", NAME)["path_mode"] == mode
