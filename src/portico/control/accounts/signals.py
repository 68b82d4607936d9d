"""What happens at sign-ins and changes of accounts beside allauth's own doing."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import (
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portico.control.accounts import trail
from portico.control.accounts.providers.groups import follow_claims


def connect() -> None:
    trail.connect()
    user_logged_in.connect(follow_claims)
    user_logged_in.connect(_forget_old_sessions)
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_end_other_sessions)


def _forget_old_sessions(**_: Any) -> None:
    """As many as come go in time; no job has to do it."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def _end_other_sessions(request: HttpRequest, user: User, **_: Any) -> None:
    """Django takes them for a stranger's already; who asks for the session itself, such as the
    gate, finds none any more."""
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    for session in others:
        session.end()
