"""Groups of people, which apps can be shared with."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.http import QueryDict

from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.models.group import (
    add_group,
    change_members,
    group_named,
    members_of,
    remove_group,
)
from portico.control.pages.acting import Done


def shows(_: QueryDict) -> dict[str, Any]:
    groups = Group.objects.order_by("name").prefetch_related("user_set")
    return {"groups": [(group, members_of(group)) for group in groups]}


def add(caller: Caller, form: QueryDict) -> Done:
    group = add_group(form.get("name", "").strip(), caller.user)
    return Done(f"The group {group.name} is made. Apps are shared with it as group:{group.name}.")


def add_member(caller: Caller, form: QueryDict) -> Done:
    group, person = group_named(form.get("group", "")), form.get("person", "").strip()
    change_members(group, [person], [], caller.user)
    return Done(f"{person} is in {group.name} now.")


def remove_member(caller: Caller, form: QueryDict) -> Done:
    group, person = group_named(form.get("group", "")), form.get("person", "")
    change_members(group, [], [person], caller.user)
    return Done(f"{person} is not in {group.name} any more.")


def remove(caller: Caller, form: QueryDict) -> Done:
    group = group_named(form.get("group", ""))
    name = group.name
    remove_group(group, caller.user)
    return Done(f"The group {name} is gone; its people stay.")


SECTION = Section(
    "groups",
    "Groups",
    shows,
    {"add": add, "add member": add_member, "remove member": remove_member, "remove": remove},
)
