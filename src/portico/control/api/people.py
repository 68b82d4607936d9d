"""People and groups, for administrators."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from ninja import Router, Status

from portico.control.access.deciding import Verb
from portico.control.accounts.password_links import password_link
from portico.control.api.access import caller_of
from portico.control.api.people_documents import (
    GroupChanges,
    GroupDocument,
    NewGroup,
    NewPerson,
    PasswordLinkDocument,
    PersonChanges,
    PersonDocument,
)
from portico.control.models.group import add_group, change_members, group_named, remove_group
from portico.control.models.person import add_person, change_role, named, remove_person

router = Router(tags=["people"])


@router.get("/people", response=list[PersonDocument])
def list_people(request: HttpRequest) -> list[PersonDocument]:
    _administrator(request)
    people = User.objects.filter(is_active=True).order_by("username")
    found = people.select_related("profile").prefetch_related("groups")
    return [PersonDocument.of(user) for user in found]


@router.post("/people", response={201: PersonDocument})
def create_person(request: HttpRequest, body: NewPerson) -> Status[PersonDocument]:
    by = _administrator(request)
    return Status(201, PersonDocument.of(add_person(body.name, body.role, by, body.email)))


@router.patch("/people/{person}", response=PersonDocument)
def change_person(request: HttpRequest, person: str, body: PersonChanges) -> PersonDocument:
    by = _administrator(request)
    change_role(named(person), body.role, by)
    return PersonDocument.of(named(person))


@router.delete("/people/{person}", response={204: None})
def delete_person(request: HttpRequest, person: str) -> Status[None]:
    """Their tokens go too; apps that they own stay, without an owner."""
    by = _administrator(request)
    remove_person(named(person), by)
    return Status(204, None)


@router.post("/people/{person}/password-links", response={201: PasswordLinkDocument})
def make_password_link(request: HttpRequest, person: str) -> Status[PasswordLinkDocument]:
    """For them to choose a password, once. It ends with the next change of their password."""
    by = _administrator(request)
    url, days = password_link(named(person), by)
    return Status(201, PasswordLinkDocument(url=url, days=days))


@router.get("/groups", response=list[GroupDocument])
def list_groups(request: HttpRequest) -> list[GroupDocument]:
    _administrator(request)
    return [
        GroupDocument.of(group)
        for group in Group.objects.order_by("name").prefetch_related("user_set")
    ]


@router.post("/groups", response={201: GroupDocument})
def create_group(request: HttpRequest, body: NewGroup) -> Status[GroupDocument]:
    by = _administrator(request)
    return Status(201, GroupDocument.of(add_group(body.name, by)))


@router.patch("/groups/{group}", response=GroupDocument)
def change_group(request: HttpRequest, group: str, body: GroupChanges) -> GroupDocument:
    by = _administrator(request)
    found = group_named(group)
    change_members(found, body.add, body.remove, by)
    return GroupDocument.of(found)


@router.delete("/groups/{group}", response={204: None})
def delete_group(request: HttpRequest, group: str) -> Status[None]:
    by = _administrator(request)
    remove_group(group_named(group), by)
    return Status(204, None)


def _administrator(request: HttpRequest) -> User:
    caller = caller_of(request)
    caller.require(Verb.ADMINISTER)
    return caller.user
