"""Style sheets, scripts and fonts, from memory, compressed for who takes that."""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse

from portico.control import instance

HOUR = 3600
YEAR = 365 * 24 * HOUR
KINDS = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
VENDORED = "/vendor/"
PACKED = (".woff2", ".png")  # compressed by themselves


def serve(request: HttpRequest, name: str) -> HttpResponse:
    content = _content(name)
    if content is None:
        raise Http404(name)
    headers = {
        "Cache-Control": f"public, max-age={_age(request, name)}",
        "Vary": "Accept-Encoding",
        # The waiting room stands on the apps' host too and has its style and fonts from here.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if "gzip" in request.headers.get("Accept-Encoding", "") and not name.endswith(PACKED):
        content = _compressed(name)
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(content, content_type=_kind(name), headers=headers)


def url(name: str) -> str:
    """Its address, another one whenever it changes; whole where pages stand on two hosts."""
    server = instance.server()
    host = server.public_url if server.apps_apart else ""
    return f"{host}/-/static/{name}?v={_digest(name)}"


@functools.lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name) or b"").hexdigest()[:12]


def _age(request: HttpRequest, name: str) -> int:
    """Long for an address that will never mean something else; vendored folders name a version."""
    return YEAR if "v" in request.GET or VENDORED in name else HOUR


def _kind(name: str) -> str:
    suffix = Path(name).suffix
    return KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


@functools.lru_cache(maxsize=64)
def _content(name: str) -> bytes | None:
    found = finders.find(name)
    return Path(found).read_bytes() if found and Path(found).is_file() else None


@functools.lru_cache(maxsize=64)
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name) or b"", mtime=0)
