"""The table: who may do what."""

from __future__ import annotations

import pytest

from portico.control.access.deciding import (
    STRANGER,
    Access,
    Group,
    Person,
    Role,
    Verb,
    Viewing,
    may,
)

OWNER, CO_OWNER, LISTED, ANYBODY = 1, 2, 3, 4
STAFF, GUESTS = Group(1), Group(2)  # co-owners and viewers; people and groups share no numbers
V = Verb

PEOPLE = {
    "stranger": STRANGER,
    "viewer": Person(ANYBODY, Role.VIEWER),
    "author": Person(ANYBODY, Role.AUTHOR),
    "listed": Person(LISTED, Role.VIEWER),
    "listed group": Person(ANYBODY, Role.AUTHOR, frozenset({GUESTS})),
    "co-owner": Person(CO_OWNER, Role.VIEWER),
    "co-owner group": Person(ANYBODY, Role.AUTHOR, frozenset({STAFF, GUESTS})),
    "owner": Person(OWNER, Role.AUTHOR),
    "admin": Person(ANYBODY, Role.ADMIN),
}
ALL = set(PEOPLE)
SEE = {"listed", "listed group", "co-owner", "co-owner group", "owner", "admin"}
WORK = {"co-owner", "co-owner group", "owner", "admin"}
OWNERS = {"owner", "admin"}
ADMINS = {"admin"}

# Verb -> who may, by how the app may be viewed. Whoever is not named may not.
TABLE: dict[Verb, dict[Viewing, set[str]]] = {
    V.OPEN: {
        Viewing.RESTRICTED: SEE,
        Viewing.SIGNED_IN: ALL - {"stranger"},
        Viewing.PUBLIC: ALL,
    },
    **{
        verb: dict.fromkeys(Viewing, WORK)
        for verb in (
            V.INSPECT,
            V.READ_CODE,
            V.READ_CONFIG,
            V.DEPLOY,
            V.CONFIGURE,
            V.OPERATE,
            V.ENTER,
            V.SHARE,
        )
    },
    V.OWN: dict.fromkeys(Viewing, OWNERS),
    V.ADMINISTER: dict.fromkeys(Viewing, ADMINS),
    V.CREATE: dict.fromkeys(Viewing, ADMINS),
    V.MANAGE_TOKENS: dict.fromkeys(Viewing, ADMINS),
    V.READ_METRICS: dict.fromkeys(Viewing, ADMINS),
    V.CHOOSE_NOTICES: dict.fromkeys(Viewing, ADMINS),
}
ON_SERVER = {
    V.ADMINISTER: {"admin"},
    V.READ_METRICS: {"admin"},
    V.MANAGE_TOKENS: ALL - {"stranger"},
    V.CHOOSE_NOTICES: ALL - {"stranger"},
    V.CREATE: {"author", "listed group", "co-owner group", "owner", "admin"},
}


def app(viewing: Viewing) -> Access:
    return Access(
        viewing, OWNER, frozenset({CO_OWNER, STAFF}), frozenset({LISTED, CO_OWNER, GUESTS})
    )


@pytest.mark.parametrize("viewing", Viewing)
@pytest.mark.parametrize("verb", Verb)
def test_who_may_do_what_with_an_app(verb: Verb, viewing: Viewing) -> None:
    allowed = {name for name, person in PEOPLE.items() if may(person, verb, app(viewing))}
    assert allowed == TABLE[verb][viewing]


@pytest.mark.parametrize("verb", Verb)
def test_who_may_do_what_on_the_server(verb: Verb) -> None:
    allowed = {name for name, person in PEOPLE.items() if may(person, verb)}
    assert allowed == ON_SERVER.get(verb, {"admin"})


def test_a_group_is_not_the_person_with_its_number() -> None:
    shared = Access(owner=OWNER, co_owners=frozenset({Group(9)}), viewers=frozenset({8}))
    assert not may(Person(9, Role.AUTHOR), V.OPEN, shared)
    assert not may(Person(7, Role.AUTHOR, frozenset({Group(8)})), V.OPEN, shared)


@pytest.mark.parametrize("verb", Verb)
def test_an_app_whose_owner_has_left_belongs_to_no_stranger(verb: Verb) -> None:
    assert not may(STRANGER, verb, Access(owner=None))
