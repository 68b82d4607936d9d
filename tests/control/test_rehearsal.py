"""Whether another version can go on with this database, and the way back."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portico.control.models import App
from portico.control.rehearsal import rehearse, take_back
from portico.errors import PorticoError

pytestmark = pytest.mark.django_db(transaction=True)
# The last that every database has, which 0.1.0 was published with: before it there is no way back.
FIRST_PUBLISHED = "0006_tokens"


def newest() -> dict[str, str]:
    leaves = MigrationLoader(connection).graph.leaf_nodes()
    return dict(leaves)


def test_a_rehearsal_says_where_the_database_is_and_leaves_it_there(folders):
    App.objects.create(name="app")
    assert rehearse() == newest()
    assert App.objects.get().name == "app"
    assert list((folders / "web").glob("rehearsal-*")) == []


def test_a_database_of_a_later_version_is_refused():
    recorder = MigrationRecorder(connection)
    recorder.record_applied("control", "9999_of_the_future")
    try:
        with pytest.raises(PorticoError) as refused:
            rehearse()
    finally:
        recorder.record_unapplied("control", "9999_of_the_future")
    assert (refused.value.title, refused.value.detail, refused.value.hint) == (
        "The database is of a later version of Portico.",
        "This version does not know control.9999_of_the_future.",
        "Install that version or a later one, or put a backup of the database from before back.",
    )


def test_every_migration_since_the_first_version_has_a_way_back():
    """A failed upgrade depends on it: give RunPython a reverse, `noop` where nothing is to be done."""
    app = App.objects.create(name="app")
    try:
        take_back(newest() | {"control": FIRST_PUBLISHED})
        assert rehearse()["control"] == FIRST_PUBLISHED
    finally:
        call_command("migrate", interactive=False, verbosity=0)
    assert App.objects.get() == app


def test_an_empty_database_has_nothing_to_go_back_to():
    take_back({})
    assert rehearse() == newest()
