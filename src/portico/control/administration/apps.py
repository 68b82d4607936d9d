"""All apps of the server."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import QueryDict

from portico.control.administration.section import Section
from portico.control.models import App
from portico.control.state import state_of

ON_A_PAGE = 50


def shows(query: QueryDict) -> dict[str, Any]:
    looked_for = query.get("q", "").replace("\0", "")[:100]
    apps = App.for_overview()
    if looked_for:
        apps = apps.filter(Q(name__icontains=looked_for) | Q(owner__username__icontains=looked_for))
    page = Paginator(apps, ON_A_PAGE).get_page(query.get("page"))
    return {"page": page, "apps": [(app, state_of(app)) for app in page], "q": looked_for}


SECTION = Section("apps", "Apps", shows)
