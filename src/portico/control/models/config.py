"""Config vars as they are today; a release keeps a copy of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import models

from portico.control.encryption.field import EncryptedField
from portico.secret_values import secrets

if TYPE_CHECKING:
    from portico.control.models.app import App


class ConfigVar(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="config_vars")
    name = models.CharField(max_length=200)
    value = EncryptedField(blank=True)
    secret = models.BooleanField(null=True, help_text="null: judged by its name and value")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["app", "name"], name="one_value_per_name"),)

    def __str__(self) -> str:
        return self.name


def config_of(app: App) -> dict[str, str]:
    """Today's config vars, by name."""
    return dict(app.config_vars.order_by("name").values_list("name", "value"))


def secret_names(app: App) -> list[str]:
    """Today's config vars that no log shows."""
    return sorted(secrets(config_of(app), said_of(app)))


def said_of(app: App) -> dict[str, bool]:
    """Whether they are secret, where the author has said so."""
    marked = app.config_vars.order_by("name").values_list("name", "secret")
    return {name: secret for name, secret in marked if secret is not None}


def mark_config(app: App, names: Iterable[str], secret: bool | None) -> None:
    """Take down what the author says; None leaves it as it was said before."""
    if secret is not None:
        app.config_vars.filter(name__in=list(names)).update(secret=secret)


def change_config(app: App, changes: Mapping[str, str | None]) -> None:
    """Set the given names, unset those whose value is None."""
    gone = [name for name, value in changes.items() if value is None]
    app.config_vars.filter(name__in=gone).delete()
    for name, value in changes.items():
        if value is not None:
            app.config_vars.update_or_create(name=name, defaults={"value": value})
