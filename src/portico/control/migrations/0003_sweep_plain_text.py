"""The plain text that the tables held before is removed from the disk, too."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from portico.control.encryption.sweeping import sweep


def sweep_used(apps: Any, schema_editor: Any) -> None:
    """In a new database there is nothing to sweep."""
    if apps.get_model("control", "App").objects.exists():
        sweep()


class Migration(migrations.Migration):
    atomic = False  # no database sweeps inside a transaction
    dependencies = [("control", "0002_encrypted")]
    operations = [migrations.RunPython(sweep_used)]
