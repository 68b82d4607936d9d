"""Groups of people, Django's; apps can be shared with them."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import Group, User
from django.db import transaction

from portico.control.models import refusals
from portico.control.models.event import Event
from portico.control.models.person import check_name, named
from portico.errors import PorticoError


def group_named(name: str) -> Group:
    """The group of that name, or a PorticoError."""
    found = Group.objects.filter(name=name.replace("\0", "/")).first()
    if found is None:
        raise refusals.nobody(f"group:{name}")
    return found


def members_of(group: Group) -> list[str]:
    return sorted(user.username for user in group.user_set.all())


@transaction.atomic
def add_group(name: str, by: User) -> Group:
    check_name(name)
    if Group.objects.filter(name__iexact=name).exists():
        raise PorticoError(
            f"There is a group '{name}' already.",
            "Names differ by more than upper and lower case.",
            "See which there are: portico groups",
            status=409,
        )
    Event.log_of_server(by.username, "add group", name)
    return Group.objects.create(name=name)


@transaction.atomic
def change_members(group: Group, add: Sequence[str], remove: Sequence[str], by: User) -> None:
    """All or nothing. Who is added and removed at once is out."""
    group.user_set.add(*map(named, add))
    group.user_set.remove(*map(named, remove))
    words = [f"with {name}" for name in add] + [f"without {name}" for name in remove]
    Event.log_of_server(by.username, "change group", f"{group.name}: {', '.join(words)}")


@transaction.atomic
def remove_group(group: Group, by: User) -> None:
    """With its parts in apps; its people stay."""
    Event.log_of_server(by.username, "remove group", group.name)
    group.delete()
