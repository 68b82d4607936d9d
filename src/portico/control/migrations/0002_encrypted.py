"""Config vars, also those of releases and plans, become ciphertext."""

from __future__ import annotations

import json
from typing import Any

from django.db import migrations, models

import portico.control.encryption.field
from portico.control.encryption.keyring import keyring
from portico.control.encryption.keys import make_file


def encrypt(apps: Any, schema_editor: Any) -> None:
    """What is there; nothing of it was encrypted before."""
    for model, field, is_json in (
        ("ConfigVar", "value", False),
        ("Release", "config", True),
        ("PlanRow", "document", True),
    ):
        rows = apps.get_model("control", model).objects.filter(**{f"{field}__isnull": False})
        for pk, value in rows.values_list("pk", field).iterator():
            if not keyring().listed():
                make_file(keyring().file)
            text = value if is_json else json.dumps(value)
            rows.filter(pk=pk).update(**{field: keyring().encrypt(text)})
    if keyring().listed():
        apps.get_model("control", "EncryptionKey").objects.create(pk=keyring().current().id)


class Migration(migrations.Migration):
    dependencies = [("control", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EncryptionKey",
            fields=[
                ("id", models.CharField(max_length=8, primary_key=True, serialize=False)),
            ],
        ),
        migrations.AlterField("release", "config", models.TextField(default=dict)),
        migrations.AlterField("planrow", "document", models.TextField(null=True)),
        migrations.RunPython(encrypt),
        migrations.AlterField(
            "configvar", "value", portico.control.encryption.field.EncryptedField(blank=True)
        ),
        migrations.AlterField(
            "release", "config", portico.control.encryption.field.EncryptedField(default=dict)
        ),
        migrations.AlterField(
            "planrow",
            "document",
            portico.control.encryption.field.EncryptedField(
                help_text="wire.AppPlan without sessions; null: removed", null=True
            ),
        ),
    ]
