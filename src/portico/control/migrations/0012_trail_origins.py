from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0011_limits")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="address",
            field=models.CharField(
                blank=True, help_text="empty: on the server's machine", max_length=60
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="way",
            field=models.CharField(
                blank=True, help_text="browser, a token, git, server", max_length=130
            ),
        ),
    ]
