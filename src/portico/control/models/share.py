"""What people and groups are to an app, beside its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, User
from django.db import models

from portico.control.access.deciding import Part, Verb, Viewing
from portico.control.models import refusals

if TYPE_CHECKING:
    from portico.control.models.app import App

GROUP = "group:"


class Share(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=10, choices=[(p, p) for p in (Part.CO_OWNER, Part.VIEWER)])

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["app", "user"], name="one_part_per_person"),
            models.UniqueConstraint(fields=["app", "group"], name="one_part_per_group"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, group__isnull=False)
                | models.Q(user__isnull=False, group__isnull=True),
                name="a_person_or_a_group",
            ),
        )

    def __str__(self) -> str:
        return f"{self.who}: {self.part}"

    @property
    def who(self) -> str:
        """As it is written: a user's name, or group:NAME."""
        if self.group is not None:
            return f"{GROUP}{self.group.name}"
        return self.user.username if self.user else ""


@dataclass(frozen=True)
class Changes:
    """What should become of an app's access."""

    access: Viewing | None = None
    viewers: Sequence[str] = ()
    co_owners: Sequence[str] = ()
    remove: Sequence[str] = ()

    def words(self) -> str:
        """For the event trail."""
        parts = [self.access.value] if self.access else []
        parts += [f"viewer {who}" for who in self.viewers]
        parts += [f"co-owner {who}" for who in self.co_owners]
        return ", ".join(parts + [f"removed {who}" for who in self.remove])


def shares_of(app: App, part: Part) -> list[str]:
    found = app.shares.filter(part=part).select_related("user", "group")
    return sorted(share.who for share in found)


def verb_for(app: App, changes: Changes) -> Verb:
    """What somebody must be allowed to do to make these: co-owners are the owner's."""
    touched = {*changes.viewers, *changes.remove}
    if changes.co_owners or not touched.isdisjoint(shares_of(app, Part.CO_OWNER)):
        return Verb.OWN
    return Verb.SHARE


def hand_over(app: App, before: User | None) -> None:
    """After its owner has changed: the new one needs no part, the one before is a co-owner."""
    app.shares.filter(user=app.owner).delete()
    if before is not None:
        app.shares.update_or_create(user=before, defaults={"part": Part.CO_OWNER})


def change_shares(app: App, changes: Changes) -> None:
    """Give parts, each person or group at most one, and take them; all or nothing."""
    for part, names in ((Part.VIEWER, changes.viewers), (Part.CO_OWNER, changes.co_owners)):
        for who in names:
            app.shares.update_or_create(**_taker(app, who), defaults={"part": part})
    for who in changes.remove:
        if not _named(app, who).delete()[0]:
            raise refusals.has_no_part(app.name, who)


def _taker(app: App, who: str) -> dict[str, Any]:
    """The column and the row of somebody who can be given a part."""
    found: User | Group | None
    if who.startswith(GROUP):
        found = Group.objects.filter(name=who.removeprefix(GROUP)).first()
    else:
        found = User.objects.filter(username=who, is_active=True).first()
    if found is None:
        raise refusals.nobody(who)
    if isinstance(found, User) and found.pk == app.owner_id:
        raise refusals.is_owner(app.name, who)
    return {"user" if isinstance(found, User) else "group": found}


def _named(app: App, who: str) -> models.QuerySet[Share]:
    """The share of that person or group, also of one who has left."""
    if who.startswith(GROUP):
        return app.shares.filter(group__name=who.removeprefix(GROUP))
    return app.shares.filter(user__username=who)
