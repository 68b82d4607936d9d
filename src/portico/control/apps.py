"""Control as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ControlConfig(AppConfig):
    name = "portico.control"
    label = "control"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portico.control.accounts import signals

        signals.connect()
