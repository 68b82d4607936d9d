"""What the database says of people and apps, in the words of `deciding`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from portico.control.access.deciding import Access, Group, Part, Person, Verb, Viewing, may
from portico.control.access.viewing import effective
from portico.control.models.app import App
from portico.control.models.person import role_of
from portico.control.models.share import Share


def person_of(user: User) -> Person:
    groups = user.groups.values_list("pk", flat=True)
    return Person(user.pk, role_of(user), frozenset(map(Group, groups)))


def access_of(app: App) -> Access:
    """As it counts: where the operator forbids public apps, one is open to the signed-in."""
    shares = [(one.part, one.user_id, one.group_id) for one in app.shares.all()]
    return _access(app.access, app.owner_id, shares)


def accesses() -> dict[int, Access]:
    """Of all apps, by id: two queries, and quicker by far than by instances of a thousand."""
    shares = defaultdict(list)
    for app, *share in Share.objects.values_list("app_id", "part", "user_id", "group_id"):
        shares[app].append(share)
    apps = App.objects.order_by().values_list("pk", "access", "owner_id")
    return {app: _access(access, owner, shares[app]) for app, access, owner in apps}


def visible(person: Person, apps: QuerySet[App], verb: Verb = Verb.OPEN) -> list[App]:
    """Those with which this person may do that; two queries, however many there are."""
    found = apps.prefetch_related("shares")
    return [app for app in found if may(person, verb, access_of(app))]


def _access(viewing: str, owner: int | None, shares: Iterable[Iterable[Any]]) -> Access:
    """`shares`: part, the person's id or None, the group's id or None."""
    parts: dict[str, set[int | Group]] = {Part.CO_OWNER: set(), Part.VIEWER: set()}
    for part, user, group in shares:
        parts[part].add(user if group is None else Group(group))
    return Access(
        effective(Viewing(viewing)),
        owner,
        frozenset(parts[Part.CO_OWNER]),
        frozenset(parts[Part.VIEWER]),
    )
