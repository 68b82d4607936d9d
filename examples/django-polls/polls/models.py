from django.db import models
from django.utils import timezone


class Question(models.Model):
    text = models.CharField(max_length=200)
    published = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-published", "id")

    def __str__(self):
        return self.text

    @property
    def votes(self):
        return sum(choice.votes for choice in self.choices.all())


class Choice(models.Model):
    question = models.ForeignKey(Question, related_name="choices", on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    votes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("id",)

    def __str__(self):
        return self.text

    @property
    def share(self):
        """Percent of the question's votes."""
        total = self.question.votes
        return round(100 * self.votes / total) if total else 0
