"""What the API answers and takes of people: parts in apps, tokens, roles, groups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.contrib.auth.models import Group, User
from ninja import Schema
from pydantic import Field, StringConstraints

from portico.control.access.deciding import Part, Role, Viewing
from portico.control.api.documents import Body
from portico.control.models import App, Token
from portico.control.models.group import members_of
from portico.control.models.person import role_of
from portico.control.models.share import shares_of

Who = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", max_length=160)]


class AccessDocument(Schema):
    access: Viewing
    owner: str | None
    co_owners: list[str]
    viewers: list[str]

    @classmethod
    def of(cls, app: App) -> AccessDocument:
        return cls(
            access=Viewing(app.access),
            owner=app.owner.username if app.owner else None,
            co_owners=shares_of(app, Part.CO_OWNER),
            viewers=shares_of(app, Part.VIEWER),
        )


class AccessChanges(Body):
    """Names of people, or group:NAME."""

    access: Viewing | None = Field(default=None, strict=False)
    viewers: list[Who] = Field(default=[], max_length=1000)
    co_owners: list[Who] = Field(default=[], max_length=1000)
    remove: list[Who] = Field(default=[], max_length=1000)


class PersonDocument(Schema):
    name: str
    role: Role
    groups: list[str]
    email: str

    @classmethod
    def of(cls, user: User) -> PersonDocument:
        groups = sorted(group.name for group in user.groups.all())
        return cls(name=user.username, role=role_of(user), groups=groups, email=user.email)


class NewPerson(Body):
    """`email`: by which a provider's person is known as this one."""

    name: Who
    role: Role = Field(default=Role.VIEWER, strict=False)
    email: Annotated[str, StringConstraints(max_length=254)] = ""


class PasswordLinkDocument(Schema):
    url: str
    days: int


class PersonChanges(Body):
    role: Role = Field(strict=False)


class GroupDocument(Schema):
    name: str
    people: list[str]

    @classmethod
    def of(cls, group: Group) -> GroupDocument:
        return cls(name=group.name, people=members_of(group))


class NewGroup(Body):
    name: Who


class GroupChanges(Body):
    """People to put in and to take out."""

    add: list[Who] = Field(default=[], max_length=1000)
    remove: list[Who] = Field(default=[], max_length=1000)


class TokenDocument(Schema):
    id: int
    name: str
    user: str
    app: str | None
    read_only: bool
    metrics: bool
    created_at: datetime
    expires_at: datetime | None
    expired: bool
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> TokenDocument:
        return cls(**_of_token(token))


class NewTokenDocument(TokenDocument):
    token: str

    @classmethod
    def made(cls, text: str) -> NewTokenDocument:
        made = Token.of(text)
        assert made is not None  # noqa: S101 - just made, in this very call
        return cls(token=text, **_of_token(made))


class NewToken(Body):
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
    app: str | None = None
    read_only: bool = False
    metrics: bool = False
    days: int | None = Field(default=None, ge=1, le=3650)
    user: Who | None = None


def _of_token(token: Token) -> dict[str, Any]:
    own = (
        *("name", "read_only", "metrics"),
        *("created_at", "expires_at", "expired", "last_used_at"),
    )
    return {
        "id": token.pk,
        "user": token.user.username,
        "app": token.app.name if token.app else None,
        **{name: getattr(token, name) for name in own},
    }
