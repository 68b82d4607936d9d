"""Names for people whom a provider introduces. Pure but for the question what is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from portico.control.models.person import NAME

LONGEST = 40


def proposals(texts: Iterable[str | None]) -> list[str]:
    """What can be a name, best first; of an address the part before the @."""
    words = [(text or "").partition("@")[0] for text in texts]
    cleaned = [re.sub(r"[^A-Za-z0-9._+-]+", "-", word).strip("-._+")[:LONGEST] for word in words]
    return [word.lower() for word in cleaned if NAME.fullmatch(word)] or ["person"]


def free_name(texts: Iterable[str | None], taken: Callable[[str], bool]) -> str:
    """The first proposal that is free, else the best one with a number."""
    found = proposals(texts)
    if name := next((one for one in found if not taken(one)), None):
        return name
    number = 2
    while taken(f"{found[0]}-{number}"):
        number += 1
    return f"{found[0]}-{number}"
