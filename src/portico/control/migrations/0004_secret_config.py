"""Config vars may be said to be secret, or not to be."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0003_sweep_plain_text")]
    operations = [
        migrations.AddField(
            model_name="configvar",
            name="secret",
            field=models.BooleanField(help_text="null: judged by its name and value", null=True),
        ),
    ]
