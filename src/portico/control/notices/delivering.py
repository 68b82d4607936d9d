"""The way of a notice: due, then deliveries, then each of them until it arrives or is given up.

All of it is in the database, so that it goes on after a restart. A try is taken down before it is
made: who is killed in the middle of one tries again later, and never twice at once.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Min
from django.urls import reverse
from django.utils import timezone

import portico
from portico.control import instance, mail
from portico.control.models import App, Delivery, Notice
from portico.control.notices import posting, signing, wording
from portico.control.notices.recipients import recipients
from portico.errors import PorticoError

# Seconds between the tries of one delivery; after the last it is given up.
PAUSES = (10, 60, 300, 1800, 7200, 21_600, 43_200)
LONGEST_TRY = timedelta(minutes=2)
AT_ONCE = 20

log = logging.getLogger(__name__)


def prepare_due() -> None:
    """Make the deliveries of each notice whose time has come; those of long ago go."""
    Notice.forget_old()
    due = Notice.objects.filter(sent_at=None, due_at__lte=timezone.now())
    for number, app in due.values_list("pk", "app_id")[:AT_ONCE]:
        _prepare(number, app)


@transaction.atomic
def _prepare(number: int, app_id: int) -> None:
    # Those who fold something into it hold the app's lock.
    app = App.objects.select_for_update().filter(pk=app_id).first()
    now = timezone.now()
    if app and Notice.objects.filter(pk=number, sent_at=None).update(sent_at=now):
        notice = Notice.objects.get(pk=number)
        people = recipients(app, notice.kind) if mail.is_set_up() else []
        hooks = [one for one in app.webhooks.all() if notice.kind in one.kinds]
        made = [Delivery(notice=notice, user=one, due_at=now) for one in people]
        made += [Delivery(notice=notice, webhook=one, due_at=now) for one in hooks]
        Delivery.objects.bulk_create(made)


def take_due() -> list[int]:
    """Deliveries to try now, each taken by one process only."""
    now = timezone.now()
    due = Delivery.objects.filter(due_at__lte=now)[:AT_ONCE]
    return [one.pk for one in due if _take(one, now)]


def _take(delivery: Delivery, now: datetime) -> bool:
    mine = Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at)
    return bool(mine.update(attempts=F("attempts") + 1, due_at=now + LONGEST_TRY))


def seconds_to_next() -> float | None:
    """Until something is due; None while nothing waits."""
    waiting = Notice.objects.filter(sent_at=None).aggregate(due=Min("due_at"))["due"]
    trying = Delivery.objects.aggregate(due=Min("due_at"))["due"]
    due = [moment for moment in (waiting, trying) if moment]
    return max(0.0, (min(due) - timezone.now()).total_seconds()) if due else None


def deliver(number: int) -> None:
    """One try. What becomes of it is taken down."""
    known = Delivery.objects.select_related("notice__app", "user", "webhook")
    delivery = known.filter(pk=number).first()
    if delivery is None:
        return  # the app, the person or the webhook is gone meanwhile
    try:
        result, arrived = _tried(delivery), True
    except posting.FailedError as error:
        result, arrived = str(error), False
    except PorticoError as error:
        result, arrived = f"{error.title} {error.detail}", False
    pause = None if arrived else next_pause(delivery.attempts)
    _note(delivery, result, arrived=arrived, pause=pause)


def next_pause(attempts: int) -> int | None:
    """Seconds until the next try after so many; None: no more."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def _note(delivery: Delivery, result: str, *, arrived: bool, pause: int | None) -> None:
    due = timezone.now() + timedelta(seconds=pause) if pause is not None else None
    Delivery.objects.filter(pk=delivery.pk).update(due_at=due)
    if delivery.webhook:
        words = result if arrived else f"{result} {_then(pause)}"
        delivery.webhook.note(words, good=arrived)
    elif not arrived:
        log.error("%s did not arrive: %s %s", delivery, result, _then(pause))


def _then(pause: int | None) -> str:
    return "It was given up." if pause is None else "It is tried again."


def _tried(delivery: Delivery) -> str:
    return _post(delivery) if delivery.webhook else _mail(delivery)


def _mail(delivery: Delivery) -> str:
    address = mail.users_address(delivery.user) if delivery.user else ""
    if not address or not mail.is_set_up():
        return "There is no address."
    server, notice = instance.server(), delivery.notice
    own_page = f"{server.public_url}{reverse('account_notices')}"
    body = wording.text(notice, _page(notice), own_page)
    subject = wording.subject(notice, server.public_host)
    mail.send_now(EmailMessage(subject, body, to=[address]))
    return "Sent."


def _post(delivery: Delivery) -> str:
    hook, notice = delivery.webhook, delivery.notice
    assert hook is not None  # noqa: S101 - `_tried` has looked
    document = wording.document(notice, instance.app_url(notice.app.name), _page(notice))
    body = json.dumps(document).encode()
    name = f"{delivery.pk}-{int(notice.created_at.timestamp())}"
    signed = signing.headers(hook.secret, name, int(time.time()), body)
    about = {"Content-Type": "application/json", "User-Agent": f"Portico/{portico.__version__}"}
    return posting.post(hook.url, body, {**about, **signed})


def _page(notice: Notice) -> str:
    """Of the App Manager: the deploy, or the app."""
    name, deploy = notice.app.name, notice.about.get("deploy")
    path = (
        reverse("manage_deploy", args=[name, deploy]) if deploy else reverse("manage", args=[name])
    )
    return f"{instance.server().public_url}{path}"
