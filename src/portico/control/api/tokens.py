"""Tokens of the caller; an administrator has those of all."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Status

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of
from portico.control.api.people_documents import NewToken, NewTokenDocument, TokenDocument
from portico.control.callers import Caller
from portico.control.models import Token
from portico.control.models.person import named

router = Router(tags=["tokens"])


@router.get("/tokens", response=list[TokenDocument])
def list_tokens(request: HttpRequest, user: str = "") -> list[TokenDocument]:
    """One's own; administrators name another `user`."""
    caller = caller_of(request)
    caller.require(Verb.MANAGE_TOKENS)
    tokens = Token.objects.filter(user=_whose(caller, user)).select_related("user", "app")
    return [TokenDocument.of(token) for token in tokens]


@router.post("/tokens", response={201: NewTokenDocument})
def create_token(request: HttpRequest, body: NewToken) -> Status[NewTokenDocument]:
    """The only answer that holds the token itself."""
    caller = caller_of(request)
    caller.require(Verb.MANAGE_TOKENS)
    text = Token.issue(
        _whose(caller, body.user or ""),
        body.name,
        app=caller.app(body.app, Verb.OPEN) if body.app else None,
        read_only=body.read_only,
        metrics=body.metrics,
        days=body.days,
        by=caller.user,
    )
    return Status(201, NewTokenDocument.made(text))


@router.delete("/tokens/{int:token}", response={204: None})
def revoke_token(request: HttpRequest, token: int) -> Status[None]:
    caller = caller_of(request)
    caller.require(Verb.MANAGE_TOKENS)
    Token.numbered(token, among=_in_reach(caller)).revoke(caller.user)
    return Status(204, None)


def _whose(caller: Caller, name: str) -> User:
    if not name or name == caller.user.username:
        return caller.user
    caller.require(Verb.ADMINISTER)
    return named(name)


def _in_reach(caller: Caller) -> QuerySet[Token]:
    tokens = Token.objects.select_related("user")
    return tokens if caller.may(Verb.ADMINISTER) else tokens.filter(user=caller.user)
