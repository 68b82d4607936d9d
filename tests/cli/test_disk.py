"""`portico server disk`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from portico.cli.disk import show_disk
from portico.disk_use import merged
from portico.layout import Layout, users
from portico.supervisor import folders
from portico.supervisor.programs import as_user
from tests.test_disk_use import CONTENTS, INVENTORY


def test_people_get_tables_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    show_disk({"data": "/srv/portico", **merged(CONTENTS, INVENTORY)})
    assert capsys.readouterr().out == (
        "APP    RELEASES  FILES   PACKAGES  DATA  LOGS  TOTAL\n"
        "polls  2         1.0 MB  18 B      4 B   5 B   1.0 MB\n"
        "app 9  0         15 B    15 B      4 B   5 B   39 B\n"
        "\n"
        "ENVIRONMENT   SIZE    USED BY\n"
        "aaaaaaaaaaaa  150 MB  polls v1 v2 build 12, app 9 build 1\n"
        "bbbbbbbbbbbb  3 B     nothing\n"
        "\n"
        "SHARED                SIZE\n"
        "packages in cache     1.5 MB\n"
        "cpython-3.12.1-linux  1 B\n"
        "server's git          2 B\n"
        "\n"
        "6.0 MB in /srv/portico; 7.0 GB free on its disk.\n"
    )


def test_a_folder_without_a_server_is_explained(tmp_path: Path, portico) -> None:
    done = portico("server", "disk", "--data", str(tmp_path))
    assert done.code == 1
    assert done.stderr == (
        "This server has never been started.\n"
        f"There is nothing of a server in {tmp_path}.\n"
        f"Next: Start it with `portico server start --data {tmp_path}`, then try again.\n"
    )


def test_a_database_that_is_not_there_yet_is_explained(tmp_path: Path, portico) -> None:
    Layout(tmp_path).web.mkdir()
    Layout(tmp_path).web.chmod(0o777)
    tmp_path.chmod(0o755)
    done = portico("server", "disk", "--data", str(tmp_path))
    assert done.code == 1
    title, _, hint = done.stderr.splitlines()
    assert title == "What the server keeps could not be measured."
    assert hint == (
        "Next: Start the server once, so that its database is there and up to date; then ask again."
    )


def test_a_server_that_does_not_run_is_measured_all_the_same(portico) -> None:
    data = Path(tempfile.mkdtemp(prefix="portico-disk-"))  # where web's user gets to
    layout = Layout(data)
    try:
        folders.prepare_data_folder(layout, users())
        folders.prepare(layout, users())
        migrate = as_user(users().web, (sys.executable, "-I", "-m", "portico.control", "migrate"))
        own = {"PORTICO_DATA": str(data), "HOME": str(layout.web), "PATH": os.environ["PATH"]}
        subprocess.run(migrate, env=own, cwd="/", check=True)
        done = portico("server", "disk", "--data", str(data), "--json")
        assert done.code == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["data"], found["apps"], found["environments"]) == (str(data), [], [])
        assert found["total"] > 0
    finally:
        shutil.rmtree(layout.runtime, ignore_errors=True)
        shutil.rmtree(data)
