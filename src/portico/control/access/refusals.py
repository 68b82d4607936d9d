"""What somebody is told who may see an app, or the server, but not do that."""

from __future__ import annotations

from portico.control.access.deciding import Person, Verb
from portico.control.access.scopes import Scope
from portico.errors import PorticoError


def on_server(person: Person, verb: Verb) -> PorticoError:
    needed = "an author" if verb is Verb.CREATE else "an administrator"
    return PorticoError(
        f"You may not {verb}.",
        f"Your role on this server is {person.role or 'none'}.",
        f"It takes the role of {needed}; ask an administrator for it.",
        status=403,
    )


def by_token(token: str, scope: Scope, what: str) -> PorticoError:
    """For a person who may, with a token that is not good for it."""
    limits = ["for one app alone"] if scope.app is not None else []
    limits += ["to read the metrics alone"] if scope.metrics else []
    limits += ["to look, config vars excepted"] if scope.read_only else []
    return PorticoError(
        f"Your token may not {what}.",
        f"The token '{token}' is good {' and '.join(limits)}.",
        "Use one that is good for more: portico login, or portico tokens create",
        status=403,
    )


def on_app(user: str, app: str, verb: Verb) -> PorticoError:
    if verb is Verb.OWN:
        needed, hint = "its owner", "Ask the owner of the app, or an administrator, to do it."
    else:
        needed = "its owner and its co-owners"
        hint = f"Ask one of them: portico access {app} --co-owner {user}"
    return PorticoError(
        f"You may not {verb} {app}.",
        f"Only {needed} may, and administrators.",
        hint,
        status=403,
    )
