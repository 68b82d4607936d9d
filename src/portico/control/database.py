"""Which database web uses: a file in its folder, or PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

# Readers never wait for the writer (WAL); a lost last second after a power cut is repaired by the
# agent's next report.
# To open one costs more than most questions. What has gone away is noticed before it is asked.
_KEPT_SECONDS = 60
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


def database(file: Path, url: str) -> dict[str, Any]:
    """Django's description of the database: `url` when there is one, else SQLite in `file`."""
    if url:
        return dict(dj_database_url.parse(url, conn_max_age=_KEPT_SECONDS, conn_health_checks=True))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "CONN_MAX_AGE": _KEPT_SECONDS,
        # IMMEDIATE: a transaction that writes waits at its start; one that has read cannot wait.
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS},
    }
