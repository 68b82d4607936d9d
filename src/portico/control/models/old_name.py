"""Names that apps had before. Each leads on to its app until another takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from portico.control.models.app import App


class OldName(models.Model):
    name = models.CharField(max_length=40, unique=True)
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="old_names")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def app_of(cls, name: str) -> App | None:
        """The app that was called so. Who may not open it must not learn that there is one."""
        if "\0" in name:  # which PostgreSQL does not take
            return None
        found = cls.objects.select_related("app__owner").filter(name=name).first()
        return found.app if found else None

    @classmethod
    def keep(cls, name: str, app: App) -> None:
        cls.objects.create(name=name, app=app)

    @classmethod
    def give_up(cls, name: str) -> None:
        """An app has the name itself now."""
        cls.objects.filter(name=name).delete()
