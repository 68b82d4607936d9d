"""The operator's settings of sign-on: providers, and the mail server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
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


def _trustworthy(value: str) -> str:
    """Whoever can change the answer on its way could sign in as anybody."""
    parts = urlsplit(value)
    if parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return value
    raise PydanticCustomError("no_https", "It has to begin with https://")


TrustworthyAddress = Annotated[Address, AfterValidator(_trustworthy)]


class Provider(BaseModel):
    """What providers of both kinds have."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    name: str = Field(min_length=1, max_length=60)
    trust_email: bool = False
    registration: Registration | None = None

    @property
    def groups_from(self) -> str:
        """The claim or the attribute that lists a person's groups; empty: none."""
        raise NotImplementedError


class OidcProvider(Provider):
    """One `[[oidc]]` table."""

    issuer: Address
    client_id: str = Field(min_length=1)
    client_secret: str = ""
    client_secret_file: Path | None = None
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = ""

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

    @property
    def groups_from(self) -> str:
        return self.groups_claim


class SamlProvider(Provider):
    """One `[[saml]]` table: its metadata, or in place of them what would be taken from there."""

    metadata_url: TrustworthyAddress | None = None
    metadata_file: Path | None = None
    entity_id: Annotated[str, StringConstraints(pattern=r"^[^'\x00-\x20]*$")] = ""
    sso_url: Address | None = None
    slo_url: Address | None = None
    certificate_file: Path | None = None
    attributes: dict[Literal["uid", "email", "username", "first_name", "last_name"], str] = {}
    groups_attribute: str = ""

    @model_validator(mode="after")
    def _one_description(self) -> SamlProvider:
        by_hand = (self.sso_url, self.certificate_file)
        ways = [self.metadata_url, self.metadata_file, any((*by_hand, self.slo_url)) or None]
        if len([way for way in ways if way is not None]) != 1:
            raise PydanticCustomError(
                "no_description",
                "It needs one of metadata_url, metadata_file, or sso_url with certificate_file",
            )
        if ways[2] and not all((*by_hand, self.entity_id)):
            raise PydanticCustomError(
                "half_description", "With sso_url it needs entity_id and certificate_file"
            )
        return self

    @property
    def groups_from(self) -> str:
        return self.groups_attribute


def with_own_ids(providers: tuple[Provider, ...]) -> None:
    ids = [one.id for one in providers]
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("same_id", "Two providers have the same id")


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
