"""Tokens that are good for less, and not for ever."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0005_access"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="token",
            options={"ordering": ("id",)},
        ),
        migrations.AddField(
            model_name="token",
            name="app",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="control.app",
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="last_used_at",
            field=models.DateTimeField(help_text="to the minute", null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="read_only",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="event",
            name="app",
            field=models.CharField(blank=True, db_index=True, max_length=40),
        ),
    ]
