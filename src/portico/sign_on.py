"""The operator's settings of sign-on: providers, and the mail server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError


class Registration(StrEnum):
    """Who gets an account without an administrator's doing."""

    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


class TwoFactor(StrEnum):
    """Of whom a second factor is required."""

    NOBODY = "nobody"
    ADMINS = "admins"
    EVERYBODY = "everybody"


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PydanticCustomError("no_address", "It has to begin with https:// and name a host")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class OidcProvider(BaseModel):
    """One `[[oidc]]` table."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    name: str = Field(min_length=1, max_length=60)
    issuer: Address
    client_id: str = Field(min_length=1)
    client_secret: str = ""
    client_secret_file: Path | None = None
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = ""
    trust_email: bool = False
    registration: Registration | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> OidcProvider:
        if bool(self.client_secret) == bool(self.client_secret_file):
            raise PydanticCustomError(
                "no_secret", "It needs either client_secret or client_secret_file"
            )
        return self

    @property
    def secret(self) -> str:
        if self.client_secret_file:
            return self.client_secret_file.read_text().strip()
        return self.client_secret


def with_own_ids(providers: tuple[OidcProvider, ...]) -> tuple[OidcProvider, ...]:
    ids = [one.id for one in providers]
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("same_id", "Two providers have the same id")
    return providers


class Mail(BaseModel):
    """A mail server, as `mail_url` names it."""

    host: str
    port: int
    user: str
    password: str
    tls: bool  # from the first byte
    starttls: bool

    @classmethod
    def of(cls, url: str) -> Mail:
        """`smtps://USER:PASSWORD@HOST`, `smtp://HOST:25?starttls=no`."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise PydanticCustomError(
                "no_mail", "It has to look like smtps://USER:PASSWORD@HOST or smtp://HOST:587"
            )
        tls = parts.scheme == "smtps"
        wanted = parse_qs(parts.query).get("starttls", ["yes"])[-1] != "no"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=wanted and not tls,
        )


def understood_mail_url(value: str) -> str:
    if value:
        Mail.of(value)
    return value
