"""Where an app's log is sent to, as its author has said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from portico import wire
from portico.control.encryption.field import EncryptedField
from portico.errors import PorticoError
from portico.log_drains.address import check_headers, parsed

if TYPE_CHECKING:
    from portico.control.models.app import App

MOST = 5  # of an app: each is a connection, and memory for what it does not take


class LogDrain(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="log_drains")
    address = EncryptedField(help_text="with its secrets")
    headers = EncryptedField(help_text="name -> value, sent along by HTTP")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """Its address without what may be secret."""
        return parsed(self.address).shown


def add_log_drain(app: App, address: str, headers: Mapping[str, str]) -> LogDrain:
    """Raises PorticoError for one that cannot be, or is there already."""
    check_headers(parsed(address), headers)
    there = list(app.log_drains.all())
    if same := next((drain for drain in there if drain.address == address), None):
        raise PorticoError(
            f"The log of {app.name} is sent there already.",
            f"{same.shown} is its drain {same.pk}.",
            f"To give it other headers, remove it first: portico drains {app.name} remove {same.pk}",
            status=409,
        )
    if len(there) >= MOST:
        raise PorticoError(
            f"{app.name} has as many log drains as an app may have.",
            f"It has {len(there)}.",
            f"Remove one first: portico drains {app.name} remove ID",
            status=409,
        )
    return app.log_drains.create(address=address, headers=dict(headers))


def log_drain_of(app: App, number: int) -> LogDrain:
    """The app's drain of that number, or a PorticoError."""
    there = {drain.pk: drain for drain in app.log_drains.all()}
    if number in there:
        return there[number]
    known = ", ".join(f"{pk} ({drain.shown})" for pk, drain in there.items())
    raise PorticoError(
        f"{app.name} has no log drain {number}.",
        f"It has {known}." if known else "It has none at all.",
        f"portico drains {app.name} lists them.",
        status=404,
    )


def planned_log_drains(app: App) -> tuple[wire.LogDrain, ...]:
    return tuple(
        wire.LogDrain(id=drain.pk, address=drain.address, headers=drain.headers)
        for drain in app.log_drains.all()
    )
