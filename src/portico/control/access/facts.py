"""What the database says of people and apps, in the words of `deciding`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import QuerySet

from portico.control.access.deciding import Access, Group, Part, Person, Verb, Viewing, may
from portico.control.access.viewing import effective
from portico.control.models.app import App
from portico.control.models.person import role_of
from portico.control.models.share import Share
from portico.control.questions import Question, Slot

_MEMBERSHIPS = Question(
    lambda: User.groups.through.objects.filter(user=Slot("user", models.BigIntegerField()))
)
_SHARES = Question(
    lambda: Share.objects.select_related("group").filter(app=Slot("app", models.BigIntegerField()))
)


def person_of(user: User) -> Person:
    groups = frozenset(Group(one.group_id) for one in _MEMBERSHIPS.all(user=user.pk))
    return Person(user.pk, role_of(user), groups)


def access_of(app: App, shares: Iterable[Share] | None = None) -> Access:
    """As it counts: where the operator forbids public apps, one is open to the signed-in.

    `shares` are the app's, for those who have read them already.
    """
    known = app.shares.all() if shares is None else shares
    return _access(
        app.access, app.owner_id, [(one.part, one.user_id, one.group_id) for one in known]
    )


def all_shares(app: App) -> list[Share]:
    """With their groups."""
    return list(_SHARES.all(app=app.pk))


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
