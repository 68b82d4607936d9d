from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0010_sign_on")]

    operations = [
        migrations.CreateModel(
            name="Capacity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.JSONField(help_text="wire.Capacity")),
            ],
        ),
        migrations.AddField(
            model_name="app",
            name="limits",
            field=models.JSONField(default=dict, help_text="type -> name -> value, likewise"),
        ),
        migrations.AddField(
            model_name="process",
            name="handle",
            field=models.TextField(default="", help_text="the engine's name of it"),
        ),
    ]
