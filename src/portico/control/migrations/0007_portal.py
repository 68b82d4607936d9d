"""What the portal shows of apps, their pictures, and favourites."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0006_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "app",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="picture",
                        serialize=False,
                        to="control.app",
                    ),
                ),
                ("content", models.BinaryField()),
                (
                    "digest",
                    models.CharField(
                        help_text="of the content: part of its address", max_length=64
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="app",
            name="description",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="app",
            name="listed",
            field=models.BooleanField(
                help_text="whether the portal shows it to viewers", null=True
            ),
        ),
        migrations.AddField(
            model_name="app",
            name="rank",
            field=models.PositiveIntegerField(
                help_text="1 is first; null: after all ranked", null=True
            ),
        ),
        migrations.AddField(
            model_name="app",
            name="tags",
            field=models.JSONField(help_text="list of words", null=True),
        ),
        migrations.AddField(
            model_name="app",
            name="title",
            field=models.CharField(help_text="default: the name", max_length=80, null=True),
        ),
        migrations.CreateModel(
            name="Favourite",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="favourites",
                        to="control.app",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="favourites",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "app"), name="a_favourite_once_per_person"
                    )
                ],
            },
        ),
    ]
