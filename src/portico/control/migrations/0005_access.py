"""Roles of people, access to apps, and which app an event speaks of."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portico.control.access.deciding


def give_roles(apps: Any, schema_editor: Any) -> None:
    """Until now whoever had a token could do everything; now the first user administers."""
    profiles = apps.get_model("control", "Profile").objects
    for user in apps.get_model("auth", "User").objects.all():
        profiles.create(user=user, role="admin" if user.is_superuser else "author")


def tell_apps_apart(apps: Any, schema_editor: Any) -> None:
    """Of what was before an app of that name, only administrators are told."""
    events = apps.get_model("control", "Event").objects
    for app in apps.get_model("control", "App").objects.all():
        events.filter(app=app.name, time__gte=app.created_at).update(app_id=app.pk)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("control", "0004_secret_config"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            (
                                portico.control.access.deciding.Role["ADMIN"],
                                portico.control.access.deciding.Role["ADMIN"],
                            ),
                            (
                                portico.control.access.deciding.Role["AUTHOR"],
                                portico.control.access.deciding.Role["AUTHOR"],
                            ),
                            (
                                portico.control.access.deciding.Role["VIEWER"],
                                portico.control.access.deciding.Role["VIEWER"],
                            ),
                        ],
                        default=portico.control.access.deciding.Role["VIEWER"],
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="app",
            name="access",
            field=models.CharField(
                choices=[
                    (
                        portico.control.access.deciding.Viewing["RESTRICTED"],
                        portico.control.access.deciding.Viewing["RESTRICTED"],
                    ),
                    (
                        portico.control.access.deciding.Viewing["SIGNED_IN"],
                        portico.control.access.deciding.Viewing["SIGNED_IN"],
                    ),
                    (
                        portico.control.access.deciding.Viewing["PUBLIC"],
                        portico.control.access.deciding.Viewing["PUBLIC"],
                    ),
                ],
                default=portico.control.access.deciding.Viewing["RESTRICTED"],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="app_id",
            field=models.BigIntegerField(db_index=True, null=True),
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            (
                                portico.control.access.deciding.Part["CO_OWNER"],
                                portico.control.access.deciding.Part["CO_OWNER"],
                            ),
                            (
                                portico.control.access.deciding.Part["VIEWER"],
                                portico.control.access.deciding.Part["VIEWER"],
                            ),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="control.app",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("app", "user"), name="one_part_per_person"),
                    models.UniqueConstraint(fields=("app", "group"), name="one_part_per_group"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group__isnull", False), ("user__isnull", True)),
                            models.Q(("group__isnull", True), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_person_or_a_group",
                    ),
                ],
            },
        ),
        migrations.RunPython(give_roles),
        migrations.RunPython(tell_apps_apart),
    ]
