"""Who did what, when and from where; as a page and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from portico.control.access.deciding import Verb
from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.models import Event
from portico.control.pages.visiting import signed_in

ON_A_PAGE = 100
MOST = 100_000  # events in a file; who wants more asks for one app or one person
COLUMNS = ("time", "user", "app", "verb", "detail", "address", "way")
FILTERS = ("user", "app", "verb", "from")
# A cell that begins so is a formula to a spreadsheet; authors write the details.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def shows(query: QueryDict) -> dict[str, Any]:
    chosen = _chosen(query)
    return {
        "page": Paginator(_events(chosen), ON_A_PAGE).get_page(query.get("page")),
        "chosen": chosen,
        "query": urlencode(chosen),
        "verbs": sorted(Event.objects.order_by().values_list("verb", flat=True).distinct()),
    }


@signed_in
def export(request: HttpRequest, caller: Caller) -> HttpResponse:
    caller.require(Verb.ADMINISTER)
    events = _events(_chosen(request.GET))[:MOST]
    return HttpResponse(
        "".join(_rows(events)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="portico-trail.csv"'},
    )


def _chosen(query: QueryDict) -> dict[str, str]:
    given = {name: query.get(name, "").replace("\0", "").strip()[:150] for name in FILTERS}
    return {name: value for name, value in given.items() if value}


def _events(chosen: dict[str, str]) -> QuerySet[Event]:
    fields = {name: value for name, value in chosen.items() if name != "from"}
    return Event.come_from(chosen.get("from", "")).filter(**fields)


class _Line:
    """What the csv writer writes into: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _rows(events: QuerySet[Event]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for event in events.values_list(*COLUMNS).iterator():
        yield writer.writerow([event[0].isoformat(), *map(_text, event[1:])])


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULAS) else value


SECTION = Section("trail", "Trail", shows)
