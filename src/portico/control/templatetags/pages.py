"""What templates ask for: `{% load pages %}`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.pages import static

register = template.Library()
register.simple_tag(static.url, name="asset")

# Name, the name of its URL, and what one must be allowed to do to see it.
PLACES: tuple[tuple[str, str, Verb | None], ...] = (
    ("Apps", "portal", None),
    ("New app", "new_app", Verb.CREATE),
    ("Administration", "administration", Verb.ADMINISTER),
)

ICONS = {
    "check": "m5 12.5 4.5 4.5L19 7.5",
    "close": "M6 6l12 12M18 6 6 18",
    "external": "M14 5h5v5M19 5l-8 8M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
    "star": "m12 4 2.4 5 5.6.8-4 3.9.9 5.5L12 16.6l-4.9 2.6.9-5.5-4-3.9 5.6-.8Z",
}


class Place(TypedDict):
    name: str
    address: str
    current: str  # for aria-current; empty: the visitor is somewhere else


@register.simple_tag(takes_context=True)
def places(context: dict[str, Any]) -> list[Place]:
    """Where the header leads, for this caller."""
    path = context["request"].path if "request" in context else ""
    caller: Caller | None = context.get("caller")
    found = []
    for name, url_name, verb in PLACES:
        if (verb and not (caller and caller.may(verb))) or not (address := _address(url_name)):
            continue
        found.append(Place(name=name, address=address, current=_current(path, address)))
    return found


@register.simple_tag
def when(moment: datetime | None, *, absolute: bool = False) -> str | SafeString:
    """A moment in UTC, which a script turns into words and the viewer's own zone."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}"{}>{} UTC</time>',
        utc.isoformat(timespec="seconds"),
        SafeString(" data-absolute") if absolute else "",
        f"{utc:%-d %b %Y, %H:%M}",
    )


@register.simple_tag
def state(word: str) -> SafeString:
    """The badge of a state of an app, a process, a deploy."""
    return format_html('<span class="state {}">{}</span>', word, word)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A line drawing beside a word; it says nothing by itself."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>',
        ICONS[name],
    )


def _address(url_name: str) -> str:
    """Empty for a place that is not there."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _current(path: str, address: str) -> str:
    if path == address:
        return "page"
    return "true" if path.startswith(address) else ""
