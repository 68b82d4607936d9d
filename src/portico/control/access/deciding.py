"""`may`: the one decision about access. Pure; `facts` reads what it needs from the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is on this server."""

    ADMIN = "admin"
    AUTHOR = "author"
    VIEWER = "viewer"


class Viewing(StrEnum):
    """Who may open an app beside those that it names."""

    RESTRICTED = "restricted"
    SIGNED_IN = "signed-in"
    PUBLIC = "public"


class Part(StrEnum):
    """What a person or a group is to an app."""

    OWNER = "owner"
    CO_OWNER = "co-owner"
    VIEWER = "viewer"


class Verb(StrEnum):
    """What can be done. The first five are of the server, the others of an app."""

    ADMINISTER = "administer this server"
    CREATE = "make apps"
    MANAGE_TOKENS = "manage tokens"  # one's own
    CHOOSE_NOTICES = "choose notices"  # likewise
    READ_METRICS = "read the metrics of this server"

    OPEN = "open"  # and know that there is such an app
    INSPECT = "look into"  # settings, processes, releases, logs, the event trail
    READ_CODE = "fetch the code of"
    READ_CONFIG = "see the config vars of"
    DEPLOY = "deploy to"
    CONFIGURE = "configure"
    OPERATE = "scale or restart"
    ENTER = "run commands in"
    SHARE = "choose the viewers of"
    OWN = "rename, destroy or choose the co-owners of"


OF_EVERYBODY = frozenset({Verb.MANAGE_TOKENS, Verb.CHOOSE_NOTICES})
ON_SERVER = frozenset({Verb.ADMINISTER, Verb.CREATE, Verb.READ_METRICS, *OF_EVERYBODY})
OF_ROLE: dict[Role | None, frozenset[Verb]] = {
    Role.ADMIN: ON_SERVER,
    Role.AUTHOR: frozenset({Verb.CREATE, *OF_EVERYBODY}),
    Role.VIEWER: OF_EVERYBODY,
}
ON_APP = frozenset(Verb) - ON_SERVER
OF_PART: dict[Part, frozenset[Verb]] = {
    Part.OWNER: ON_APP,
    Part.CO_OWNER: ON_APP - {Verb.OWN},
    Part.VIEWER: frozenset({Verb.OPEN}),
}


@dataclass(frozen=True)
class Group:
    id: int


@dataclass(frozen=True)
class Person:
    """Who asks. `id` and `role` are None for somebody who has not signed in."""

    id: int | None = None
    role: Role | None = None
    groups: frozenset[Group] = frozenset()


STRANGER = Person()


@dataclass(frozen=True)
class Access:
    """What an app says about people, by id, and groups."""

    viewing: Viewing = Viewing.RESTRICTED
    owner: int | None = None
    co_owners: frozenset[int | Group] = frozenset()
    viewers: frozenset[int | Group] = frozenset()


def may(person: Person, verb: Verb, app: Access | None = None) -> bool:
    """Whether this person may do that to the app, or to the server where none is given."""
    if person.role is Role.ADMIN:
        return True
    if app is None:
        return verb in OF_ROLE.get(person.role, frozenset())
    part = part_of(person, app)
    if part is not None and verb in OF_PART[part]:
        return True
    return verb is Verb.OPEN and _is_open_to(person, app.viewing)


def part_of(person: Person, app: Access) -> Part | None:
    """The highest one, by name or by a group."""
    if person.id is None:
        return None
    known_as = {person.id, *person.groups}
    if person.id == app.owner:
        return Part.OWNER
    if known_as & app.co_owners:
        return Part.CO_OWNER
    return Part.VIEWER if known_as & app.viewers else None


def _is_open_to(person: Person, viewing: Viewing) -> bool:
    if viewing is Viewing.SIGNED_IN:
        return person.id is not None
    return viewing is Viewing.PUBLIC
