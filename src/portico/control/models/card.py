"""An app's card in the portal: what it shows, its picture, and whose favourite it is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models

if TYPE_CHECKING:
    from portico.control.models.app import App


class Card(models.Model):
    """What the author says of the app in the portal; null stands for the default."""

    title = models.CharField(max_length=80, null=True, help_text="default: the name")
    description = models.TextField(null=True)
    tags = models.JSONField(null=True, help_text="list of words")
    rank = models.PositiveIntegerField(null=True, help_text="1 is first; null: after all ranked")
    listed = models.BooleanField(null=True, help_text="whether the portal shows it to viewers")

    class Meta:
        abstract = True


class Picture(models.Model):
    """A WebP file that `portal.pictures` has made; an author's own bytes are never kept."""

    app = models.OneToOneField(
        "control.App", on_delete=models.CASCADE, primary_key=True, related_name="picture"
    )
    content = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="of the content: part of its address")

    def __str__(self) -> str:
        return self.digest[:12]


class Favourite(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="favourites")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="favourites")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "app"], name="a_favourite_once_per_person"),
        )

    def __str__(self) -> str:
        return f"{self.user.username}: {self.app.name}"


def keep_picture(app: App, content: bytes | None) -> None:
    if content is None:
        Picture.objects.filter(app=app).delete()
        return
    digest = hashlib.sha256(content).hexdigest()
    Picture.objects.update_or_create(app=app, defaults={"content": content, "digest": digest})


def mark_favourite(app: App, user: User, *, chosen: bool) -> None:
    if chosen:
        Favourite.objects.get_or_create(app=app, user=user)
    else:
        Favourite.objects.filter(app=app, user=user).delete()
