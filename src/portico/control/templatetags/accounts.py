"""What templates of accounts ask for: `{% load accounts %}`."""

from __future__ import annotations

from django import template

register = template.Library()

# Of several that fit, the first: others name it too.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(agent: str) -> str:
    """Which browser, on what, in words; what it says of itself when that is not known."""
    name = next((words for mark, words in BROWSERS.items() if mark in agent), "")
    system = next((words for mark, words in SYSTEMS.items() if mark in agent), "")
    return " on ".join(filter(None, (name, system))) or agent[:60] or "unknown"
