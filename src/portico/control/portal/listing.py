"""The portal's apps out of the database: few columns of all of them, all of what one page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from portico.control import instance
from portico.control.access.deciding import STRANGER, Part, Person, Verb, may, part_of
from portico.control.access.facts import access_of, accesses
from portico.control.callers import Caller
from portico.control.models import App, Favourite
from portico.control.models.refusals import unknown
from portico.control.portal.drawing import Drawing, drawing
from portico.control.portal.wishes import Entry, Wish, chosen
from portico.control.state import AppState, state_of

ON_A_PAGE = 48
COLUMNS = (
    *("id", "name", "title", "description", "tags", "rank", "listed"),
    "current__created_at",
)


@dataclass(frozen=True)
class Shown:
    """A card."""

    app: App
    url: str
    state: AppState
    entry: Entry
    favourite: bool
    drawing: Drawing | None  # where there is no picture


@dataclass(frozen=True)
class Listing:
    cards: list[Shown]
    page: Page[Entry]
    owns_some: bool  # whether some of all apps are the visitor's


def listing(caller: Caller | None, wish: Wish, page: str) -> Listing:
    person = caller.person if caller else STRANGER
    favourites = favourites_of(caller)
    entries = _entries(person)
    found = Paginator(chosen(wish, entries, favourites), ON_A_PAGE).get_page(page)
    return Listing(_cards(found, favourites), found, any(entry.mine for entry in entries))


def favourites_of(caller: Caller | None) -> set[int]:
    if caller is None:
        return set()
    return set(Favourite.objects.filter(user=caller.user).values_list("app_id", flat=True))


def openable(caller: Caller | None, name: str) -> App:
    """The app if this visitor may open it, else a PorticoError; also for a stranger."""
    if caller is not None:
        return caller.app(name, Verb.OPEN)
    found = App.named(name)
    if not may(STRANGER, Verb.OPEN, access_of(found)):
        raise unknown(name)
    return found


def _entries(person: Person) -> list[Entry]:
    """Of each app that they may open, only what choosing takes: all of a thousand takes long."""
    access_by_id = accesses()
    rows = App.objects.order_by().values(*COLUMNS)
    return [
        _entry(row, part_of(person, access))
        for row in rows
        if (access := access_by_id.get(row["id"])) and may(person, Verb.OPEN, access)
    ]


def _entry(row: dict[str, Any], part: Part | None) -> Entry:
    return Entry(
        id=row["id"],
        name=row["name"],
        title=row["title"] or "",
        description=row["description"] or "",
        tags=tuple(row["tags"] or ()),
        rank=row["rank"],
        listed=bool(row["listed"]),
        mine=part in (Part.OWNER, Part.CO_OWNER),
        deployed_at=row["current__created_at"],
    )


def _cards(page: Page[Entry], favourites: set[int]) -> list[Shown]:
    by_id = App.for_overview().in_bulk([entry.id for entry in page])
    # An app may have gone since.
    return [_card(by_id[e.id], e, favourites) for e in page if e.id in by_id]


def _card(app: App, entry: Entry, favourites: set[int]) -> Shown:
    return Shown(
        app=app,
        url=instance.app_url(app.name),
        state=state_of(app),
        entry=entry,
        favourite=app.pk in favourites,
        drawing=None if hasattr(app, "picture") else drawing(app.pk),
    )
