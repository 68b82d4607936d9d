"""A running process that has failed its liveness check is in a state of its own."""

from django.db import migrations, models

STATES = ("starting", "running", "unhealthy", "stopping", "backoff", "crashed")


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0007_portal"),
    ]

    operations = [
        migrations.AlterField(
            model_name="process",
            name="state",
            field=models.CharField(choices=[(s, s) for s in STATES], max_length=10),
        ),
    ]
