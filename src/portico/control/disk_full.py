"""Recognises a full disk, whoever met it: the system, or a database on top of it."""

from __future__ import annotations

import errno
import sqlite3

from django.db import DatabaseError

from portico.errors import PorticoError

POSTGRESQL_FULL = "53100"


def is_disk_full(error: BaseException) -> bool:
    if isinstance(error, DatabaseError) and error.__cause__ is not None:
        return _is_full_database(error.__cause__)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _is_full_database(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == POSTGRESQL_FULL


def disk_full() -> PorticoError:
    return PorticoError(
        "The server could not store this.",
        "The disk of the server is full. Nothing was changed.",
        "Ask the operator of this server to make room, then try again.",
        status=507,
    )
