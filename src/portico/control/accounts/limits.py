"""Limits on attempts of ours, in web's memory like allauth's, which do not count what is only read."""

from __future__ import annotations

from django.core.cache import cache


def within(action: str, who: object, most: int, seconds: int) -> bool:
    """Count an attempt; whether it is one of the first so many since the first of them."""
    key = f"limit:{action}:{who}"
    cache.add(key, 0, seconds)
    try:
        return bool(cache.incr(key) <= most)
    except ValueError:  # it has run out between the two lines
        return True
