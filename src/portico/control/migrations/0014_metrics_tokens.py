from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0013_old_names")]

    operations = [
        migrations.AddField(
            model_name="token",
            name="metrics",
            field=models.BooleanField(default=False, help_text="good for them alone"),
        ),
    ]
