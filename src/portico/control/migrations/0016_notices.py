import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portico.control.encryption.field


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("control", "0015_log_drains"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeWish",
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
                ("kinds", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="process",
            name="out_of_memory",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("problem", models.JSONField(help_text="wire.Problem")),
                (
                    "about",
                    models.JSONField(default=dict, help_text="deploy or process, and release"),
                ),
                (
                    "more",
                    models.PositiveIntegerField(default=0, help_text="of them besides this one"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField()),
                (
                    "quiet",
                    models.DurationField(
                        default=datetime.timedelta(seconds=3600),
                        help_text="how long the next one waits",
                    ),
                ),
                (
                    "sent_at",
                    models.DateTimeField(help_text="when its deliveries were made", null=True),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="control.app",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", portico.control.encryption.field.EncryptedField()),
                ("secret", portico.control.encryption.field.EncryptedField()),
                ("kinds", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(help_text="when it was last tried", null=True)),
                ("last_result", models.TextField(blank=True, help_text="in words")),
                ("last_good", models.BooleanField(null=True)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="control.app",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(help_text="null: arrived, or given up", null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="control.notice",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="control.webhook",
                    ),
                ),
            ],
            options={
                "ordering": ("due_at", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["sent_at", "due_at"], name="notices_that_wait"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["due_at"], name="deliveries_that_wait"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("user__isnull", True), ("webhook__isnull", False)),
                    models.Q(("user__isnull", False), ("webhook__isnull", True)),
                    _connector="OR",
                ),
                name="to_a_person_or_a_webhook",
            ),
        ),
    ]
