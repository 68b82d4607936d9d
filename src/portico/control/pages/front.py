"""`/`: the portal, or what has the host to itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portico.control import instance


def front(request: HttpRequest) -> HttpResponse:
    """On a host of apps alone, one app's or everybody's, there is no portal."""
    server, host = instance.server(), host_of(request)
    domain = server.apps_own_domain
    if domain and host.endswith(domain):
        return redirect(f"{instance.app_prefix(host.removesuffix(domain))}/")
    # The portal is below /-/, as far as the cookies go that tell who is there.
    portal = reverse("portal")
    if server.apps_apart and host == server.apps_host:
        return redirect(f"{server.public_url}{portal}")
    query = request.META["QUERY_STRING"]
    return redirect(f"{portal}?{query}" if query else portal)


def host_of(request: HttpRequest) -> str:
    """The one that was asked, without a port."""
    return urlsplit(f"//{request.get_host()}").hostname or ""
