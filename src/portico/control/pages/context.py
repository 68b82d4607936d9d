"""What the base template needs on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

import portico
from portico.control import callers


def base(request: HttpRequest) -> dict[str, Any]:
    """`caller` None for a stranger. Evaluated when a page is rendered, also an error's."""
    return {
        "version": portico.__version__,
        "caller": callers.by_session(request) if hasattr(request, "session") else None,
    }
