"""What the database says of people and apps, in the words of `deciding`."""

from __future__ import annotations

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
    shares = list(app.shares.all())
    return Access(
        effective(Viewing(app.access)),
        app.owner_id,
        frozenset(_whom(one) for one in shares if one.part == Part.CO_OWNER),
        frozenset(_whom(one) for one in shares if one.part == Part.VIEWER),
    )


def visible(person: Person, apps: QuerySet[App], verb: Verb = Verb.OPEN) -> list[App]:
    """Those with which this person may do that; two queries, however many there are."""
    found = apps.prefetch_related("shares")
    return [app for app in found if may(person, verb, access_of(app))]


def _whom(share: Share) -> int | Group:
    if share.group_id is not None:
        return Group(share.group_id)
    assert share.user_id is not None  # noqa: S101 - the table has a check for it
    return share.user_id
