"""What the forms of a page do. Each has a button `do`; its value names the action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portico.errors import PorticoError


@dataclass(frozen=True)
class Done:
    """What an action says when it has come true, and where to go on; None: to the same page.

    `once` is in the answer to the form and nowhere else: messages lie in the session, as they are.
    """

    said: str
    to: str | None = None
    once: str = ""


def act(request: HttpRequest, actions: Mapping[str, Callable[..., Done]], *about: Any) -> Done:
    """Do what the form asks for, or raise a PorticoError."""
    wanted = request.POST.get("do", "")
    if wanted not in actions:
        raise PorticoError(
            "The request was not understood.",
            f"There is nothing called '{wanted[:40]}' to be done here.",
            "Load the page again and repeat what you did.",
        )
    return actions[wanted](*about)


def gone_on(request: HttpRequest, done: Done, here: str) -> HttpResponse:
    messages.success(request, done.said)
    return redirect(done.to or here)
