"""The portal: the apps that its visitor may open."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portico.control import instance
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.models import Picture
from portico.control.models.card import mark_favourite
from portico.control.pages.visiting import page, signed_in
from portico.control.portal.listing import listing, openable
from portico.control.portal.wishes import Order, Section, Wish

YEAR = 365 * 24 * 3600
SECTIONS = ((Section.ALL, "All"), (Section.FAVOURITES, "Favourites"), (Section.MINE, "Yours"))
ORDERS = ((Order.RANK, "Rank"), (Order.NAME, "Name"), (Order.RECENT, "Last deploy"))


@require_safe
@page
def show(request: HttpRequest, caller: Caller | None) -> HttpResponse:
    """The page, or for htmx the part of it that a search changes."""
    wish = Wish.of(request.GET.dict())
    if caller is None:  # a stranger has neither favourites nor apps
        wish = wish.but(section=Section.ALL)
    found = listing(caller, wish, request.GET.get("page", ""))
    context = {
        "wish": wish,
        "query": wish.query(),
        "found": found,
        **_choices(wish),
        "may_create": caller is not None and caller.may(Verb.CREATE),
        "server": instance.server().public_url,
    }
    part = "HX-Request" in request.headers
    answer = render(request, f"portal/{'results' if part else 'portal'}.html", context)
    answer["Vary"] = "HX-Request"
    return answer


@require_POST
@signed_in
def mark(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """Make an app a favourite, or not any more."""
    app, chosen = caller.app(name, Verb.OPEN), request.POST.get("chosen") == "1"
    mark_favourite(app, caller.user, chosen=chosen)
    wish = Wish.of(request.POST.dict())
    if "HX-Request" in request.headers:
        context = {"name": app.name, "title": app.title or app.name, "favourite": chosen}
        return render(request, "portal/star.html", {**context, "wish": wish})
    query = wish.query()
    return redirect(f"{reverse('portal')}{'?' if query else ''}{query}")


@require_safe
@page
def show_picture(
    request: HttpRequest, caller: Caller | None, name: str, digest: str
) -> HttpResponse:
    """What `pictures` has made; under this address it never changes."""
    found = Picture.objects.filter(app=openable(caller, name), digest__startswith=digest).first()
    if found is None:
        raise Http404(name)
    return HttpResponse(
        bytes(found.content),
        content_type="image/webp",
        headers={
            "Cache-Control": f"private, max-age={YEAR}, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _choices(wish: Wish) -> dict[str, Any]:
    """The sections and orders with the query of each: all else stays as it is."""
    return {
        "sections": [
            (wish.but(section=one).query(), name, one is wish.section) for one, name in SECTIONS
        ],
        "orders": [(wish.but(order=one).query(), name, one is wish.order) for one, name in ORDERS],
        "without_tag": wish.but(tag="").query(),
    }
