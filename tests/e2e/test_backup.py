"""What docs/operators/backup.md tells an operator to do, and what is there afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tests.servers import Server, started
from tests.waiting import until

APP = Path(__file__).resolve().parents[1] / "apps" / "works"


def test_a_server_goes_on_from_a_copy(tmp_path: Path) -> None:
    with started() as server:
        database, earlier = server.data / "web" / "portico.sqlite3", tmp_path / "portico.sqlite3"
        _done(server, "deploy", str(APP), "--app", "kept", "--yes")
        server.open_to_all("kept")
        _done(server, "run", "kept", "--", "sh", "-c", "echo written > /data/file")
        _done(server, "config", "kept", "set", "A=1")
        with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(earlier)) as copy:
            live.backup(copy)
        _done(server, "config", "kept", "set", "A=2")
        server.stop()

        _put_back_from_an_archive(server.data, tmp_path / "portico.tar")
        server.start()
        _serves(server, a="2")
        server.stop()

        shutil.copyfile(earlier, database)
        for rest in ("-wal", "-shm"):
            database.with_name(f"{database.name}{rest}").unlink(missing_ok=True)
        server.start()
        _serves(server, a="1")
        _done(server, "config", "kept", "set", "A=3")
        _serves(server, a="3")


def _put_back_from_an_archive(data: Path, archive: Path) -> None:
    tar = ("tar", "--numeric-owner", "-C", str(data.parent))
    subprocess.run([*tar, "-cf", str(archive), data.name], check=True)
    shutil.rmtree(data)
    subprocess.run([*tar, "-xf", str(archive)], check=True)


def _serves(server: Server, a: str) -> None:
    until(lambda: server.get("/kept/").status_code == 200, "the app")
    assert _done(server, "config", "kept", "get", "A") == f"{a}\n"
    said = _done(server, "run", "kept", "--", "sh", "-c", "echo $A; cat /data/file")
    assert said == f"{a}\nwritten\n"


def _done(server: Server, *words: str) -> str:
    done = server.cli(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout
