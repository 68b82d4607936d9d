"""What Django answers; the rest of web is in `asgi`."""

from __future__ import annotations

from django.urls import include, path

from portico.control.api.api import api
from portico.control.gate import entering
from portico.control.manage.new import new
from portico.control.metrics.view import metrics
from portico.control.pages import health, static
from portico.control.pages.front import front

urlpatterns = [
    path("", front),
    path("-/portal/", include("portico.control.portal.urls")),
    path("-/new/", new, name="new_app"),
    path("-/manage/", include("portico.control.manage.urls")),
    path("-/admin/", include("portico.control.administration.urls")),
    path("-/health", health.alive),
    path("-/ready", health.ready),
    path("-/metrics", metrics),
    path("-/static/<path:name>", static.serve),
    path("-/api/v1/", api.urls),
    path("-/jwks.json", entering.published_keys),
    path("-/gate/leave", entering.leave),
    path("-/gate/enter", entering.enter),
    path("-/gate/arrive", entering.arrive),
    path("-/accounts/", include("portico.control.accounts.urls")),
]
handler400 = "portico.control.pages.errors.bad_request"
handler404 = "portico.control.pages.errors.not_found"
handler500 = "portico.control.pages.errors.failed"
handler429 = "portico.control.pages.errors.too_many"  # allauth's, when a limit is met
