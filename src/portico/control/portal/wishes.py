"""What a visitor of the portal wants to see, as its address says it, and the apps that fit. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

LONGEST = 100  # characters of a search


class Section(StrEnum):
    ALL = "all"
    FAVOURITES = "favourites"
    MINE = "mine"


class Order(StrEnum):
    RANK = "rank"
    NAME = "name"
    RECENT = "recent"


@dataclass(frozen=True)
class Wish:
    search: str = ""
    tag: str = ""
    section: Section = Section.ALL
    order: Order = Order.RANK

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wish:
        """From the query of an address; what means nothing there is the default."""
        return cls(
            search=" ".join(query.get("q", "")[:LONGEST].replace("\0", "").split()),
            tag=query.get("tag", "")[:LONGEST].replace("\0", ""),
            section=_one_of(Section, query.get("section", ""), Section.ALL),
            order=_one_of(Order, query.get("order", ""), Order.RANK),
        )

    @property
    def narrows(self) -> bool:
        """Whether something is looked for, so that others may be there."""
        return bool(self.search or self.tag)

    def but(self, **changes: Any) -> Wish:
        return replace(self, **changes)

    def query(self) -> str:
        """The wish as the query of an address, without what is the default."""
        default = Wish()
        named = {
            "q": (self.search, default.search),
            "tag": (self.tag, default.tag),
            "section": (self.section, default.section),
            "order": (self.order, default.order),
        }
        return urlencode({name: value for name, (value, usual) in named.items() if value != usual})


@dataclass(frozen=True)
class Entry:
    """What choosing and ordering need to know of an app."""

    id: int
    name: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    rank: int | None = None
    listed: bool = False
    mine: bool = False  # the visitor's own or co-owned
    deployed_at: datetime | None = None


def chosen(wish: Wish, entries: Iterable[Entry], favourites: Collection[int]) -> list[Entry]:
    """Those that fit, in order: favourites before others, then as wished, then by title."""
    found = [entry for entry in entries if _fits(wish, entry, favourites)]
    return sorted(found, key=lambda entry: (entry.id not in favourites, *_place(wish, entry)))


def _fits(wish: Wish, entry: Entry, favourites: Collection[int]) -> bool:
    if wish.section is Section.MINE:
        belongs = entry.mine
    elif wish.section is Section.FAVOURITES:
        belongs = entry.id in favourites and (entry.listed or entry.mine)
    else:
        belongs = entry.listed
    return belongs and (not wish.tag or wish.tag in entry.tags) and _says(entry, wish.search)


def _says(entry: Entry, search: str) -> bool:
    """Whether each word of the search is somewhere on the card."""
    text = "\n".join((entry.title, entry.name, entry.description, *entry.tags)).casefold()
    return all(word in text for word in search.casefold().split())


def _place(wish: Wish, entry: Entry) -> tuple[Any, ...]:
    title = (entry.title or entry.name).casefold()
    if wish.order is Order.RANK:
        return (entry.rank is None, entry.rank or 0, title)
    if wish.order is Order.RECENT:
        return (-entry.deployed_at.timestamp() if entry.deployed_at else 1, title)
    return (title,)


def _one_of(kind: Any, word: str, default: Any) -> Any:
    return kind(word) if word in set(kind) else default
