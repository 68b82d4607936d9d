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

from portico.cli.disk import Document, merged, show_disk, size_words, used_by
from portico.layout import Layout, users
from portico.supervisor import folders
from portico.supervisor.programs import as_user

PARTS = {"data": 4, "logs": 5, "layers": 6, "system_packages": 7, "cache": 8, "other": 9}
CONTENTS: Document = {
    "total": 6_000_000,
    "free": 7_000_000_000,
    "apps": [
        {"id": 7, "slugs": {"3": 1_000_000, "12": 2}, "parts": PARTS},
        {"id": 9, "slugs": {}, "parts": PARTS},
    ],
    "environments": [
        {"name": "a" * 32, "app": None, "bytes": 150_000_000, "builds": [[7, 3], [7, 12], [9, 1]]},
        {"name": "b" * 32, "app": 7, "bytes": 3, "builds": []},
    ],
    "caches": {"cache": 1_500_000},
    "pythons": {"cpython-3.12.1-linux": 1},
    "stacks": {},
    "server": {"git": 2},
}
INVENTORY = [{"id": 7, "name": "polls", "releases": {"1": 3, "2": 3}}]


def test_what_was_measured_gets_the_names_that_people_know() -> None:
    found = merged(CONTENTS, INVENTORY)
    assert found["apps"] == [
        {
            "id": 9,
            "name": "app 9",
            "releases": [],
            "bytes": {"environments": 0, **PARTS},
            "total": 39,
        },
        {
            "id": 7,
            "name": "polls",
            "releases": [
                {"build": 3, "versions": [1, 2], "bytes": 1_000_000},
                {"build": 12, "versions": [], "bytes": 2},
            ],
            "bytes": {"environments": 3, **PARTS},
            "total": 1_000_044,
        },
    ]
    assert found["environments"] == [
        {
            "name": "a" * 32,
            "app": None,
            "bytes": 150_000_000,
            "used_by": [
                {"app": "polls", "build": 3, "versions": [1, 2]},
                {"app": "polls", "build": 12, "versions": []},
                {"app": "app 9", "build": 1, "versions": []},
            ],
        },
        {"name": "b" * 32, "app": "polls", "bytes": 3, "used_by": []},
    ]
    assert found["caches"] == [{"name": "cache", "bytes": 1_500_000}]
    assert (found["total"], found["free"]) == (6_000_000, 7_000_000_000)


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


def test_sizes_are_short() -> None:
    words = [size_words(n) for n in (0, 999, 1000, 123_456, 99_900_000, 2_000_000_000_000)]
    assert words == ["0 B", "999 B", "1.0 kB", "123 kB", "99.9 MB", "2.0 TB"]
    assert used_by([]) == "nothing"


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
