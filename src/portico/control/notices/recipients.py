"""Who is told of an app: its owner and its co-owners, those of groups among them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q

from portico.control.access.deciding import Part
from portico.control.models import App
from portico.control.models.notice import wished_kinds


def recipients(app: App, kind: str) -> list[User]:
    """Those of them who want mail of this kind, each once."""
    parts = app.shares.filter(part=Part.CO_OWNER)
    theirs = Q(pk__in=parts.values("user")) | Q(groups__in=parts.values("group"))
    people = User.objects.filter(Q(pk=app.owner_id) | theirs, is_active=True).distinct()
    return [one for one in people.select_related("noticewish") if kind in wished_kinds(one)]
