from __future__ import annotations

from django.urls import path

from portico.control.manage import access, config, deploys, logs, notices, overview, scale, settings
from portico.control.manage.tab import view_of

TABS = (
    overview.TAB,
    deploys.TAB,
    logs.TAB,
    config.TAB,
    scale.TAB,
    access.TAB,
    notices.TAB,
    settings.TAB,
)

urlpatterns = [
    path(
        f"<str:name>/{tab.path}/" if tab.path else "<str:name>/",
        view_of(tab, TABS),
        name=tab.url_name,
    )
    for tab in TABS
] + [
    path("<str:name>/deploys/<int:deploy>/", deploys.view_of_one(TABS), name="manage_deploy"),
]
