"""Before another version of Portico takes over: does it know this database, and can it go on with it?"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portico.control import instance
from portico.errors import PorticoError


def rehearse() -> dict[str, str]:
    """The last migration of each Django app as it is now. A database in a file is copied, and the
    copy brought up to date; of PostgreSQL that is left to its transactions.
    """
    found = MigrationLoader(connection)
    applied: dict[str, list[str]] = defaultdict(list)
    for app, name in found.applied_migrations or ():
        applied[app].append(name)
    _require_known(found, applied)
    if connection.vendor == "sqlite":
        _migrate_a_copy()
    return {app: max(names) for app, names in sorted(applied.items())}


def take_back(migrations: dict[str, str]) -> None:
    """Bring the database to where it was: what later migrations of this version did is undone.
    Where nothing was, nothing is: an empty database has nothing to go back to.
    """
    if not migrations:
        return
    loader = MigrationLoader(connection)
    for app in sorted(loader.migrated_apps):
        call_command("migrate", app, migrations.get(app, "zero"), interactive=False, verbosity=0)


def _require_known(loader: MigrationLoader, applied: dict[str, list[str]]) -> None:
    known = loader.disk_migrations or {}
    unknown = [
        f"{app}.{name}"
        for app in loader.migrated_apps
        for name in applied[app]
        if (app, name) not in known and not _was_replaced(loader, app, name)
    ]
    if unknown:
        raise PorticoError(
            "The database is of a later version of Portico.",
            f"This version does not know {', '.join(sorted(unknown))}.",
            "Install that version or a later one, or put a backup of the database from before back.",
            status=500,
        )


def _was_replaced(loader: MigrationLoader, app: str, name: str) -> bool:
    """By one that stands for several."""
    return any((app, name) in it.replaces for it in (loader.disk_migrations or {}).values())


def _migrate_a_copy() -> None:
    file = Path(connection.settings_dict["NAME"])
    connection.close()
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=instance.layout().web))
    try:
        copy = folder / "copy.sqlite3"
        if file.exists():
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        connection.settings_dict["NAME"] = copy
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = file
        shutil.rmtree(folder)
