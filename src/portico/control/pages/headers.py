"""What browsers are told about every page of the platform: what it may load, who may frame it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portico.control import instance


class Protection:
    """Middleware. A view that needs another policy sets the header itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in _headers(request.path).items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # Pages show what only this person may see, also to the next one at this browser.
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def policy(*form_targets: str) -> str:
    """The Content-Security-Policy: nothing inline, nothing from elsewhere, no frame around it.

    `form_targets`: where a form's answer may redirect to, beside this server.
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(("'self'", *form_targets)),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _headers(path: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy(*_form_targets(path)),
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _form_targets(path: str) -> tuple[str, ...]:
    """Signing in, a form, ends at the app where it began. With a provider it leads to where that
    sends the browser on, which nobody knows before."""
    if instance.server().providers and path.startswith("/-/accounts/"):
        return ("*",)
    anywhere = instance.app_origin("*")
    return (anywhere,) if anywhere else ()
