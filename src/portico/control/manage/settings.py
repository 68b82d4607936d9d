"""The app's card, how it is served, its name, its owner, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from pydantic import ValidationError

from portico import wire
from portico.control import instance
from portico.control.access.deciding import Verb
from portico.control.api.documents import AppChanges
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App
from portico.control.pages.acting import Done
from portico.control.portal import pictures
from portico.control.portal.drawing import drawing
from portico.errors import PorticoError

# Field, label, what it means, what stands there without it.
SERVING = (
    ("health_path", "Health path", "Asked until it answers, at a start.", "the app's root"),
    ("ready_seconds", "Time to be ready", "Seconds that a new process has until it answers.", "60"),
    ("drain_seconds", "Time to drain", "Seconds that an old process has to finish.", "30"),
    ("timeout", "Time to answer", "Seconds until an answer begins.", "300"),
    (
        "idle_timeout",
        "Idle time",
        "Seconds without a byte before a connection is cut; 0: no limit.",
        "3600",
    ),
    ("max_request_bytes", "Largest request", "In bytes; 0: no limit.", "1073741824"),
)
PATHS = (
    ("", "Find it out"),
    ("own", "Own: the app routes its prefix itself"),
    ("mount", "Mount: SCRIPT_NAME is set"),
    ("strip", "Strip: the prefix is removed"),
)
LABELS = {name: label for name, label, *_ in SERVING} | {"path_mode": "Path mode", "name": "Name"}


def shows(app: App, _: QueryDict) -> dict[str, Any]:
    return {
        "serving": [(*each, getattr(app, each[0])) for each in SERVING],
        "paths": PATHS,
        "tags": ", ".join(app.tags or []),
        "picture": instance.picture_url(app.name, app.picture.digest)
        if hasattr(app, "picture")
        else None,
        "drawing": drawing(app.pk),
        "modes": list(wire.PathMode),
    }


def change_card(caller: Caller, name: str, request: HttpRequest) -> Done:
    tags = [tag.strip() for tag in request.POST.get("tags", "").split(",") if tag.strip()]
    fields = {
        "title": request.POST.get("title", "").strip() or None,
        "description": request.POST.get("description", "").replace("\r\n", "\n").strip() or None,
        "tags": tags or None,
        "rank": request.POST.get("rank", "").strip() or None,
        "listed": "listed" in request.POST,
    }
    caller.app(name, Verb.CONFIGURE).change_settings(_understood(fields), caller.user)
    return Done("The card is changed.")


def change_picture(caller: Caller, name: str, request: HttpRequest) -> Done:
    app, given = caller.app(name, Verb.CONFIGURE), request.FILES.get("picture")
    content = given.read(pictures.LARGEST + 1) if given else b""
    app.set_picture(pictures.remade(content), caller.user)
    return Done("The picture is changed.")


def remove_picture(caller: Caller, name: str, _: HttpRequest) -> Done:
    caller.app(name, Verb.CONFIGURE).set_picture(None, caller.user)
    return Done("The picture is gone; the card shows a drawing.")


def change_serving(caller: Caller, name: str, request: HttpRequest) -> Done:
    names = ("path_mode", *(each[0] for each in SERVING))
    fields = {each: request.POST.get(each, "").strip() or None for each in names}
    app = caller.app(name, Verb.CONFIGURE)
    deploy = app.change_settings(_understood(fields), caller.user)
    then = f" A release with them is being rolled out, as {deploy}." if deploy else ""
    return Done(f"The settings are changed.{then}")


def rename(caller: Caller, name: str, request: HttpRequest) -> Done:
    wanted = request.POST.get("name", "").strip()
    caller.app(name, Verb.OWN).rename(wanted, caller.user)
    return Done(f"{name} is now {wanted}.", reverse(TAB.url_name, args=[wanted]))


def transfer(caller: Caller, name: str, request: HttpRequest) -> Done:
    who = request.POST.get("owner", "").strip()
    caller.app(name, Verb.OWN).transfer(who, caller.user)
    return Done(f"{who} is the owner of {name} now, and who was it before a co-owner.")


def destroy(caller: Caller, name: str, request: HttpRequest) -> Done:
    app, typed = caller.app(name, Verb.OWN), request.POST.get("typed", "").strip()
    if typed != app.name:
        raise PorticoError(
            f"{app.name} was not destroyed.",
            f"Its name was to be typed; '{typed[:40]}' was.",
            "Type the name as it stands at the top of the page.",
        )
    app.destroy(caller.user)
    return Done(f"{name} is destroyed.", reverse("portal"))


def _understood(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As the API would take them, but written in a form."""
    try:
        return AppChanges.model_validate(fields, strict=False).model_dump(include=set(fields))
    except ValidationError as error:
        found = "; ".join(f"{_label(one['loc'])}: {one['msg']}" for one in error.errors())
        raise PorticoError(
            "Nothing was changed.", f"{found}.", "Correct what is named, and save again."
        ) from None


def _label(loc: tuple[int | str, ...]) -> str:
    name = str(loc[0])
    return LABELS.get(name, name.capitalize())


TAB = Tab(
    "settings",
    "Settings",
    shows,
    {
        "card": change_card,
        "picture": change_picture,
        "remove picture": remove_picture,
        "serving": change_serving,
        "rename": rename,
        "transfer": transfer,
        "destroy": destroy,
    },
)
