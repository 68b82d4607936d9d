"""What happens at sign-ins and changes of accounts beside allauth's own doing."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.utils import timezone

from portico.control.accounts import trail
from portico.control.accounts.providers.groups import follow_claims


def connect() -> None:
    trail.connect()
    user_logged_in.connect(follow_claims)
    user_logged_in.connect(_forget_old_sessions)


def _forget_old_sessions(**_: Any) -> None:
    """As many as come go in time; no job has to do it."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
