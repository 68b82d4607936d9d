from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from portico.control.administration import apps, groups, people, system, tokens, trail
from portico.control.administration.section import view_of

SECTIONS = (
    people.SECTION,
    groups.SECTION,
    apps.SECTION,
    tokens.SECTION,
    trail.SECTION,
    system.SECTION,
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name=people.SECTION.url_name), name="administration"),
    path("trail/export/", trail.export, name="administration_trail_export"),
    *(
        path(f"{section.path}/", view_of(section, SECTIONS), name=section.url_name)
        for section in SECTIONS
    ),
]
