"""What the server is: what the agent says of its machine, figures, and settings that are no secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict

from portico.control import instance, mail
from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.examining.asking import asking
from portico.control.examining.known import Document, Examined, examined
from portico.control.models import App
from portico.control.pages.acting import Done
from portico.disk_use import columns, shared_parts, used_by
from portico.errors import PorticoError
from portico.sign_on import Mail
from portico.units import size_words

SHOWN = (
    *("public_url", "apps_host", "trusted_hops", "public_apps", "registration"),
    *("require_two_factor", "deploy_branches", "event_days"),
)
LARGEST = 20  # of apps and of environments; the API tells all

Row = tuple[str | int, ...]


def shows(_: QueryDict) -> dict[str, Any]:
    server, found = instance.server(), examined()
    return {
        "examined": found,
        "looking": found.machine.looking or found.disk.looking,
        "away": None if found.agent_here else agent_away(found),
        "doctor": doctor(found.machine.document),
        "disk": disk(found.disk.document),
        "figures": {
            "apps": App.objects.count(),
            "people": User.objects.filter(is_active=True).count(),
        },
        "settings": [(name, _words(getattr(server, name))) for name in SHOWN],
        "mail_server": Mail.of(server.mail_url).host if server.mail_url else "",
        "data": server.data,
    }


def agent_away(found: Examined) -> PorticoError:
    said = found.machine.document or found.disk.document
    return PorticoError(
        "The agent is away.",
        "What stands here is what it has said before." if said else "It has not said anything yet.",
        "Type `portico server status` on the server, which says whether it runs.",
    )


def doctor(machine: Document | None) -> Document | None:
    """What is off comes first, and what the server cannot work without before that."""
    if machine is None:
        return None
    off = [check for check in machine["checks"] if not check["on"]]
    return {
        "as_root": machine["as_root"],
        "off": sorted(off, key=lambda check: not check["needed"]),
        "on": [check["name"] for check in machine["checks"] if check["on"]],
    }


def disk(found: Document | None) -> Document | None:
    """The tables of `portico server disk`, of each the largest."""
    if found is None:
        return None
    apps = sorted(found["apps"], key=lambda app: -int(app["total"]))
    environments = sorted(found["environments"], key=lambda one: -int(one["bytes"]))
    return {
        "total": size_words(found["total"]),
        "free": size_words(found["free"]),
        "apps": list(_app_rows(apps[:LARGEST])),
        "more_apps": len(apps[LARGEST:]),
        "environments": [
            (one["name"][:12], size_words(one["bytes"]), used_by(one["used_by"]))
            for one in environments[:LARGEST]
        ],
        "more_environments": len(environments[LARGEST:]),
        "shared": [(name, size_words(size)) for name, size in shared_parts(found) if size],
    }


def _app_rows(apps: Sequence[Document]) -> Iterator[Row]:
    return ((app["name"], len(app["releases"]), *map(size_words, columns(app))) for app in apps)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value) if value not in ("", None) else "not set"


def look_again(*_: object) -> Done:
    asking.ask()
    return Done("The agent looks again; what it finds appears here.")


def send_test_mail(caller: Caller, form: QueryDict) -> Done:
    address = form.get("address", "").strip()
    mail.send_test(address, caller.user.username)
    return Done(f"The mail server has taken a mail to {address}.")


SECTION = Section(
    "system", "System", shows, {"look again": look_again, "test mail": send_test_mail}
)
