from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0016_notices")]

    operations = [
        migrations.CreateModel(
            name="ExaminedPart",
            fields=[
                ("part", models.CharField(max_length=20, primary_key=True, serialize=False)),
                (
                    "told_at",
                    models.DateTimeField(help_text="when the agent last said something of it"),
                ),
                ("found_at", models.DateTimeField(null=True)),
                (
                    "document",
                    models.JSONField(
                        null=True, help_text="examination.Machine or disk_use.Contents"
                    ),
                ),
                (
                    "problem",
                    models.JSONField(
                        null=True, help_text="wire.Problem: why the last try has failed"
                    ),
                ),
            ],
        ),
    ]
