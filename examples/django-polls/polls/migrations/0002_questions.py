from django.db import migrations

QUESTIONS = {
    "What's new?": ("Not much", "The sky", "Just hacking again"),
    "Where should we meet next?": ("By the sea", "In the mountains", "Online, as always"),
    "Tabs or spaces?": ("Tabs", "Spaces", "Whatever the formatter says"),
}


def ask(apps, _schema_editor):
    question_model = apps.get_model("polls", "Question")
    choice_model = apps.get_model("polls", "Choice")
    for text, choices in QUESTIONS.items():
        question = question_model.objects.create(text=text)
        choice_model.objects.bulk_create(
            choice_model(question=question, text=choice) for choice in choices
        )


class Migration(migrations.Migration):
    dependencies = [("polls", "0001_initial")]
    operations = [migrations.RunPython(ask, migrations.RunPython.noop)]
