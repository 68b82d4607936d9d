"""How a command line gets its token: it shows a code, and its person lets it in in a browser."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from portico.control import instance, origin
from portico.control.accounts import limits
from portico.control.api.documents import Body
from portico.control.models import DeviceLogin
from portico.control.models.device_login import LIFETIME, too_many
from portico.control.origin import client_address

router = Router(tags=["logins"])
INTERVAL = 2


class NewLogin(Body):
    machine: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]


class LoginDocument(Schema):
    secret: str
    code: str
    url: str
    expires_in: int
    interval: int


class LoginSecret(Body):
    secret: str = Field(max_length=200)


class LoginToken(Schema):
    """None while nobody has answered."""

    token: str | None


@router.post("/logins", response={201: LoginDocument}, auth=None)
def begin_login(request: HttpRequest, body: NewLogin) -> Status[LoginDocument]:
    """Show the code, open the address, then ask for the token every `interval` seconds."""
    address = client_address(request)
    if not limits.within("device login", address, most=20, seconds=300):
        raise too_many()
    begun = DeviceLogin.begin(body.machine, address)
    url = f"{instance.server().public_url}{reverse('account_device')}?code={begun.code}"
    document = LoginDocument(
        secret=begun.secret,
        code=begun.code,
        url=url,
        expires_in=int(LIFETIME.total_seconds()),
        interval=INTERVAL,
    )
    return Status(201, document)


@router.post("/logins/token", response=LoginToken, auth=None)
def take_token(request: HttpRequest, body: LoginSecret) -> LoginToken:
    """The token, this once. 403: refused; 410: too late."""
    origin.found("login")
    return LoginToken(token=DeviceLogin.token(body.secret))
