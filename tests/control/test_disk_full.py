from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client

from portico.control.disk_full import is_disk_full
from portico.control.models import App


def full_database(folder: Path) -> sqlite3.Error:
    """What SQLite says when it may not grow any more."""
    database = sqlite3.connect(folder / "small.sqlite3", isolation_level=None)
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count = 2")
    try:
        with pytest.raises(sqlite3.OperationalError) as full:
            database.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    finally:
        database.close()
    return full.value


def django_error(cause: BaseException) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


class DiskFull(Exception):  # noqa: N818 - PostgreSQL's own name for it
    sqlstate = "53100"


def test_a_full_disk_is_recognised(tmp_path: Path) -> None:
    assert is_disk_full(OSError(errno.ENOSPC, "full"))
    assert is_disk_full(OSError(errno.EDQUOT, "quota"))
    assert is_disk_full(django_error(full_database(tmp_path)))
    assert is_disk_full(django_error(DiskFull()))


def test_other_failures_are_not() -> None:
    assert not is_disk_full(OSError(errno.EIO, "broken"))
    assert not is_disk_full(OperationalError("without a cause"))
    assert not is_disk_full(django_error(sqlite3.OperationalError("locked")))
    assert not is_disk_full(ValueError())


def test_a_change_that_finds_no_room_is_explained(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(*_: object) -> None:
        raise django_error(full_database(tmp_path))

    monkeypatch.setattr(App, "create", create)
    answer = client.post("/-/api/v1/apps", {"name": "polls"}, content_type="application/json")
    assert answer.json() == {
        "status": 507,
        "title": "The server could not store this.",
        "detail": "The disk of the server is full. Nothing was changed.",
        "hint": "Ask the operator of this server to make room, then try again.",
    }
