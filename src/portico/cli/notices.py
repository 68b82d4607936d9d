"""`portico notices`: who is told when something goes wrong with an app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli.arguments import AppOption, Json, app_first
from portico.cli.output import local_time, note, safe, show, show_json, show_table
from portico.cli.target import Target, connect, find
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.documents import MailNotices, Webhook

VERBS = {"add": "URL", "remove": "ID", "test": "ID"}
ALL, NONE = "all", "none"
MAIL = "mail"


@dataclass(frozen=True)
class Order:
    """What the words after `portico notices` ask for."""

    app: str | None
    verb: str = ""
    words: tuple[str, ...] = ()


def notices(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [add URL|remove ID|test ID] | mail [all|none|KIND...]",
            help="Webhooks of an app, or what you yourself get by mail; without more: show them.",
            show_default=False,
        ),
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="KIND", help="With add: this kind alone; may be repeated."),
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or choose who is told of failed deploys, crashes and limits that were hit."""
    order = parsed(tuple(words or ()), app)
    if on and order.verb != "add":
        raise _only_with_add()
    match order.verb:
        case "mail":
            _mail(order.words, json)
        case "add":
            _add(find(order.app), order.words[0], on or [], json)
        case "remove":
            target, number = find(order.app), _number(order.words[0])
            target.client.remove_webhook(target.app, number)
            show(safe(f"Removed webhook {number} of {target.app}."))
        case "test":
            target, number = find(order.app), _number(order.words[0])
            target.client.test_webhook(target.app, number)
            show("A test is on its way.")
            note(safe(f"How it went: portico notices {target.app}"))
        case _:
            _list(find(order.app), json)


def parsed(words: tuple[str, ...], app: str | None) -> Order:
    """What they ask for. Raises PorticoError."""
    if app is None and words[:1] == (MAIL,):
        return Order(None, MAIL, words[1:])
    app, words = app_first(words, app, VERBS)
    if not words:
        return Order(app)
    if words[0] not in VERBS or len(words) != 2:
        raise PorticoError(
            f"`portico notices` does not know {' '.join(words)!r}.",
            "After the app comes add with a URL, or remove or test with the ID of a webhook.",
            "For example `portico notices APP add https://example.org/hook`.",
        )
    return Order(app, words[0], words[1:])


def _list(target: Target, json: bool) -> None:
    found = target.client.webhooks(target.app)
    if json:
        show_json([one.as_json() for one in found])
        return
    if found:
        show_table(("ID", "URL", "GETS", "LAST", "RESULT"), [_row(one) for one in found])
    else:
        note(safe(f"{target.app} has no webhooks."))
    _show_mail(target.client.mail_notices())


def _row(webhook: Webhook) -> tuple[object, ...]:
    last = local_time(webhook.last_at) or "never"
    return (webhook.id, webhook.url, ", ".join(webhook.kinds), last, webhook.last_result)


def _add(target: Target, url: str, kinds: list[str], json: bool) -> None:
    made = target.client.add_webhook(target.app, url, kinds)
    if json:
        show_json(made.as_json())
        return
    show(safe(made.secret))
    note(safe(f"What is posted by webhook {made.id} is signed with it. It is not shown again."))


def _mail(words: tuple[str, ...], json: bool) -> None:
    client = connect()
    found = client.mail_notices()
    if words:
        found = client.choose_mail_notices(_kinds(words, found.every))
    if json:
        show_json(found.as_json())
    else:
        _show_mail(found)


def _kinds(words: tuple[str, ...], every: list[str]) -> list[str]:
    if len(words) == 1 and words[0] in (ALL, NONE):
        return every if words[0] == ALL else []
    return list(words)


def _show_mail(found: MailNotices) -> None:
    if not found.sent:
        note("This server sends no mail.")
    elif not found.address:
        note("You get no mail: none of your addresses is confirmed.")
    else:
        note(safe(f"You get mail to {found.address} of: {', '.join(found.kinds) or 'nothing'}."))


def _number(word: str) -> int:
    if word.isdecimal():
        return int(word)
    raise PorticoError(
        f"{word!r} is no ID of a webhook.",
        "It is a number.",
        "`portico notices APP` shows the webhooks with their IDs.",
    )


def _only_with_add() -> PorticoError:
    return PorticoError(
        "--on has no meaning here.",
        "It says of which kinds a new webhook is told.",
        "Give it with add: `portico notices APP add URL --on deploy-failed`.",
    )
