import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import portico.control.encryption.field


class Migration(migrations.Migration):
    dependencies = [("control", "0014_metrics_tokens")]

    operations = [
        migrations.CreateModel(
            name="LogDrain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "address",
                    portico.control.encryption.field.EncryptedField(help_text="with its secrets"),
                ),
                (
                    "headers",
                    portico.control.encryption.field.EncryptedField(
                        help_text="name -> value, sent along by HTTP"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log_drains",
                        to="control.app",
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
    ]
