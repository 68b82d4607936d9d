"""Style sheets and scripts, from memory."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse

STYLE = "portico/style.css"
HOUR = 3600
YEAR = 365 * 24 * HOUR


def serve(request: HttpRequest, name: str) -> HttpResponse:
    content = _content(name)
    if content is None:
        raise Http404(name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    age = YEAR if "v" in request.GET else HOUR
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": f"max-age={age}"})


@functools.cache
def style_url() -> str:
    """The style sheet's address, another one whenever it changes."""
    digest = hashlib.sha256(style().encode()).hexdigest()[:12]
    return f"/-/static/{STYLE}?v={digest}"


def style() -> str:
    """The style sheet itself, for pages that another host may show."""
    return (_content(STYLE) or b"").decode()


@functools.lru_cache(maxsize=64)
def _content(name: str) -> bytes | None:
    found = finders.find(name)
    return Path(found).read_bytes() if found and Path(found).is_file() else None
