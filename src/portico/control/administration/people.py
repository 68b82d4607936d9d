"""Who has an account here, and what they are."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import QueryDict

from portico.control.access.deciding import Role
from portico.control.accounts.password_links import password_link
from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.models.person import add_person, change_role, named, remove_person, role_of
from portico.control.pages.acting import Done
from portico.errors import PorticoError

ON_A_PAGE = 50


def shows(query: QueryDict) -> dict[str, Any]:
    looked_for = query.get("q", "").replace("\0", "")[:100]
    people = User.objects.filter(is_active=True).order_by("username")
    if looked_for:
        people = people.filter(Q(username__icontains=looked_for) | Q(email__icontains=looked_for))
    found = people.select_related("profile").prefetch_related("groups")
    page = Paginator(found, ON_A_PAGE).get_page(query.get("page"))
    return {
        "page": page,
        "people": [(user, role_of(user)) for user in page],
        "roles": list(Role),
        "q": looked_for,
    }


def add(caller: Caller, form: QueryDict) -> Done:
    name = form.get("name", "").strip()
    add_person(name, _role(form), caller.user, form.get("email", "").strip())
    return Done(f"{name} is added. With a password link they can sign in.")


def change(caller: Caller, form: QueryDict) -> Done:
    user, role = named(form.get("person", "")), _role(form)
    change_role(user, role, caller.user)
    return Done(f"{user.username} is {_with_article(role)} now.")


def make_link(caller: Caller, form: QueryDict) -> Done:
    user = named(form.get("person", ""))
    url, days = password_link(user, caller.user)
    return Done(f"Give {user.username} this link, good once and for {days} days: {url}")


def remove(caller: Caller, form: QueryDict) -> Done:
    user = named(form.get("person", ""))
    remove_person(user, caller.user)
    return Done(f"{user.username} is removed, with all their tokens. Their apps stay.")


def _role(form: QueryDict) -> Role:
    wanted = form.get("role", "")
    if wanted not in set(Role):
        raise PorticoError(
            "The request was not understood.",
            f"There is no role '{wanted[:40]}'.",
            f"Choose one of: {', '.join(Role)}.",
        )
    return Role(wanted)


def _with_article(role: Role) -> str:
    return f"{'a' if role is Role.VIEWER else 'an'} {role}"


SECTION = Section(
    "people",
    "People",
    shows,
    {"add": add, "change": change, "link": make_link, "remove": remove},
)
