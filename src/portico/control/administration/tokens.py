"""Everybody's tokens."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict

from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.models import Token
from portico.control.models.refusals import no_token
from portico.control.pages.acting import Done

ON_A_PAGE = 50


def shows(query: QueryDict) -> dict[str, Any]:
    tokens = Token.objects.select_related("user", "app").order_by("user__username", "id")
    return {"page": Paginator(tokens, ON_A_PAGE).get_page(query.get("page"))}


def revoke(caller: Caller, form: QueryDict) -> Done:
    number = form.get("token", "")
    if not number.isdecimal() or len(number) > 18:
        raise no_token(0)
    token = Token.numbered(int(number), among=Token.objects.select_related("user"))
    token.revoke(caller.user)
    return Done(f"The token {token.name} of {token.user.username} is good for nothing any more.")


SECTION = Section("tokens", "Tokens", shows, {"revoke": revoke})
