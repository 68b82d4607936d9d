"""Removes what the database still holds of rows that were replaced, in parts no table uses."""

from __future__ import annotations

from django.db import connection

TABLES = (
    "control_configvar, control_release, control_planrow, control_signingkey, control_logdrain, "
    "control_webhook"
)


def sweep() -> None:
    """Outside of a transaction. Waits for writers, and they for it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A migration sweeps too, before some of them are made.
            there = set(connection.introspection.table_names(cursor))
            names = ", ".join(name for name in TABLES.split(", ") if name in there)
            cursor.execute(f"VACUUM FULL {names}")
        else:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
