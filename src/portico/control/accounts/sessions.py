"""Where browsers' sessions are kept: Django's table, asked for nothing that cannot be in it."""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

KEY = re.compile("[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie may hold anything, a NUL too, which PostgreSQL takes in no question."""
        return bool(key) and KEY.fullmatch(str(key)) is not None
