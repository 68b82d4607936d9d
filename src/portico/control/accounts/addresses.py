"""Where a request comes from, for limits and for the trail."""

from __future__ import annotations

from django.http import HttpRequest

HERE = "127.0.0.1"


def client_address(request: HttpRequest) -> str:
    """The router sets the header to the client's own address and passes on nothing else."""
    return request.headers.get("X-Forwarded-For") or request.META.get("REMOTE_ADDR") or HERE
