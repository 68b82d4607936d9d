"""From what happens to the mail and the webhook: who is told, what, and how often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from portico.control.access.deciding import Role
from portico.control.models import App, Delivery, Deploy, Event, Notice, Webhook
from portico.control.models import webhook as webhooks
from portico.control.models.notice import LONGEST_QUIET, QUIET, paced, wish_kinds
from portico.control.models.share import Changes
from portico.control.models.webhook import add_webhook, remove_webhook
from portico.control.notices import delivering
from portico.wire import Problem
from tests.control.conftest import person
from tests.control.notices.conftest import Taker
from tests.control.reporting import process, say, tell
from tests.mail_server import MailServer, text_of

PROBLEM = Problem(title="The build failed.", detail="pip said no.", hint="Correct it.")
KILLED = "used 1G of 1G and was stopped; raise it with portico limits polls web memory=2G"
PAGE = "http://portico.example/-/manage/polls/"
Upload = Callable[..., Deploy]


def send() -> None:
    """What web does again and again."""
    delivering.prepare_due()
    for number in delivering.take_due():
        delivering.deliver(number)


def later(**time: float) -> None:
    """Let time pass for all that waits and for all that was sent."""
    for row in (*Notice.objects.all(), *Delivery.objects.all()):
        for name in {"due_at", "sent_at"} & {field.name for field in row._meta.fields}:
            if moment := getattr(row, name):
                setattr(row, name, moment - timedelta(**time))
        row.save()


def crash(app: App, since: float, restarts: int = 3) -> None:
    how = {"restarts": restarts, "last_exit": "ended with code 1"}
    tell(app, processes=(process("web.1", "crashed", since=since, **how),))


def with_address(user: User) -> User:
    email = f"{user.username}@example.org"
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


@pytest.fixture
def addressed(alice: User) -> User:
    return with_address(alice)


def test_a_failed_deploy_is_mailed_with_its_three_parts(
    app: App, addressed: User, upload: Upload, post_office: MailServer
) -> None:
    deploy = upload()
    say(deploy, "failed", problem=PROBLEM)
    send()
    (mail,) = post_office.mails
    assert (mail["To"], mail["Subject"]) == (
        "alice@example.org",
        "[portico.example] polls: a deploy failed",
    )
    assert text_of(mail) == (
        "What happened\nThe build failed.\n\n"
        "What was found\npip said no.\n\n"
        "What to do\nCorrect it.\n\n"
        f"{PAGE}deploys/{deploy.pk}/\n\n"
        "-- \nWhich of these you get, you choose at http://portico.example/-/accounts/notices/\n"
    )
    send()
    assert len(post_office.mails) == 1


def test_what_was_cancelled_is_no_news(app: App, alice: User, upload: Upload) -> None:
    app.cancel(upload().pk, alice)
    assert not Notice.objects.exists()


def test_a_crash_loop_is_one_mail_and_what_comes_later_says_how_often(
    app: App, addressed: User, post_office: MailServer
) -> None:
    crash(app, 1.5)
    send()
    for since in range(2, 6):
        tell(app, processes=(process("web.1", "starting", since=since),))
        crash(app, since + 0.5, restarts=since + 2)
    send()
    (mail,) = post_office.mails
    assert mail["Subject"] == "[portico.example] polls: crashes again and again"
    assert "After 3 restarts of v1 it ended with code 1." in text_of(mail)
    later(hours=1.1)
    send()
    second = text_of(post_office.mails[1])
    assert "web.1 of polls crashes again and again. And 3 more since the last notice." in second
    assert "After 7 restarts of v1" in second
    send()
    assert len(post_office.mails) == 2


def test_the_quiet_grows_while_it_goes_on_and_begins_anew_after_rest() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert paced(None, now) == (now, QUIET)
    assert paced((now, hour), now + hour / 2) == (now + hour, 2 * hour)
    assert paced((now, 2 * hour), now + 3 * hour) == (now + 3 * hour, 4 * hour)
    assert paced((now, 20 * hour), now + hour) == (now + 20 * hour, LONGEST_QUIET)
    assert paced((now, 2 * hour), now + 4 * hour) == (now + 4 * hour, QUIET)


def test_a_process_stopped_for_its_memory_is_told_once_an_end(
    app: App, addressed: User, post_office: MailServer
) -> None:
    killed = {"last_exit": KILLED, "out_of_memory": True}
    tell(app, processes=(process("web.1", restarts=0),))
    for _ in range(3):
        tell(app, processes=(process("web.1", "starting", since=2, restarts=1, **killed),))
        tell(app, processes=(process("web.1", since=3, restarts=1, **killed),))
    assert Notice.objects.get().more == 0
    send()
    (mail,) = post_office.mails
    assert text_of(mail).startswith(
        "What happened\nweb.1 of polls was stopped for its memory.\n\n"
        "What was found\nIt runs v1, and used 1G of 1G and was stopped.\n\n"
        "What to do\nLet it use less, or raise it with portico limits polls web memory=2G\n\n"
    )
    tell(app, processes=(process("web.1", since=4, restarts=2, **killed),))
    assert Notice.objects.count() == 2


def test_owners_and_co_owners_get_it_each_once_and_nobody_else(
    app: App, addressed: User, bob: User, post_office: MailServer
) -> None:
    names = ("carol", "dave", "erin", "frank")
    carol, _, erin, _ = (with_address(person(name, Role.VIEWER)) for name in names)
    Group.objects.create(name="team").user_set.add(carol, with_address(bob))
    everybody = Changes(co_owners=["bob", "group:team", "erin"], viewers=["dave"])
    app.change_access(everybody, addressed)
    wish_kinds(erin, ["deploy-failed"])
    crash(app, 1.0)
    send()
    told = sorted(mail["To"] for mail in post_office.mails)
    assert told == ["alice@example.org", "bob@example.org", "carol@example.org"]


def test_who_has_confirmed_no_address_gets_nothing(
    app: App, alice: User, post_office: MailServer
) -> None:
    crash(app, 1.0)
    send()
    assert post_office.mails == []
    assert delivering.seconds_to_next() is None


def test_a_mail_server_that_is_away_is_tried_again(
    app: App, addressed: User, post_office: MailServer
) -> None:
    post_office.answer = "451 Try later"
    crash(app, 1.0)
    send()
    assert (post_office.mails, Delivery.objects.get().attempts) == ([], 1)
    post_office.answer = "250 Taken"
    send()
    assert post_office.mails == []  # not yet
    later(seconds=11)
    send()
    assert len(post_office.mails) == 1


def test_a_webhook_gets_a_signed_document(
    app: App, alice: User, upload: Upload, taker: Taker
) -> None:
    hook = add_webhook(app, taker.url, [], alice)
    deploy = upload()
    say(deploy, "failed", problem=PROBLEM)
    send()
    (posted,) = taker.posted
    document = json.loads(posted.body)
    assert datetime.fromisoformat(document.pop("timestamp")).tzinfo is not None
    page = f"{PAGE}deploys/{deploy.pk}/"
    assert document == {
        "type": "deploy-failed",
        "text": f"polls: The build failed. {page}",
        "app": "polls",
        "url": "http://portico.example/polls/",
        "page": page,
        "happened": "The build failed.",
        "found": "pip said no.",
        "next": "Correct it.",
        "more": 0,
        "about": {"deploy": deploy.pk, "release": None},
    }
    assert posted.headers["content-type"] == "application/json"
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + posted.body, hashlib.sha256).digest()
    assert posted.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    hook.refresh_from_db()
    assert (hook.last_good, hook.last_result) == (True, "It answered 204.")


def test_a_webhook_gets_its_kinds_alone(app: App, alice: User, taker: Taker) -> None:
    add_webhook(app, taker.url, ["limit-hit"], alice)
    crash(app, 1.0)
    send()
    assert taker.posted == []


def test_a_webhook_that_fails_is_tried_again_and_at_last_given_up(
    app: App, alice: User, taker: Taker
) -> None:
    hook = add_webhook(app, taker.url, [], alice)
    taker.status = 503
    crash(app, 1.0)
    send()
    hook.refresh_from_db()
    assert hook.last_result == "It answered 503. It is tried again."
    for pause in delivering.PAUSES:
        later(seconds=pause + 1)
        send()
    hook.refresh_from_db()
    assert (hook.last_good, hook.last_result) == (False, "It answered 503. It was given up.")
    assert len(taker.posted) == len(delivering.PAUSES) + 1
    assert len({posted.headers["webhook-id"] for posted in taker.posted}) == 1
    assert delivering.seconds_to_next() is None


def test_who_dies_in_the_middle_of_a_try_tries_again_and_nobody_tries_twice_at_once(
    app: App, alice: User, taker: Taker
) -> None:
    add_webhook(app, taker.url, [], alice)
    crash(app, 1.0)
    delivering.prepare_due()
    (taken,) = delivering.take_due()
    assert delivering.take_due() == []  # and web is killed here
    later(minutes=2.1)
    assert delivering.take_due() == [taken]


def test_what_is_gone_is_not_told_of(app: App, alice: User, taker: Taker) -> None:
    hook = add_webhook(app, taker.url, [], alice)
    crash(app, 1.0)
    delivering.prepare_due()
    (taken,) = delivering.take_due()
    remove_webhook(app, hook.pk, alice)
    delivering.deliver(taken)
    app.destroy(alice)
    send()
    assert (taker.posted, Notice.objects.count()) == ([], 0)


def test_a_test_counts_against_nothing(app: App, alice: User, taker: Taker) -> None:
    hook = add_webhook(app, taker.url, ["limit-hit"], alice)
    for _ in range(2):
        webhooks.test_webhook(app, hook.pk, alice)
    send()
    documents = [json.loads(posted.body) for posted in taker.posted]
    assert [document["type"] for document in documents] == ["test", "test"]
    assert documents[0]["happened"] == "This is a test of polls's notices."
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"add webhook", "test webhook"} <= verbs


def test_address_and_secret_are_encrypted(app: App, alice: User) -> None:
    hook = add_webhook(app, "https://chat.example/T0KEN", [], alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM control_webhook")
        url, secret = cursor.fetchone()
    assert "T0KEN" not in url
    assert hook.secret not in secret
    assert not Event.objects.filter(detail__contains="T0KEN").exists()
    assert Webhook.objects.get().url == "https://chat.example/T0KEN"


def test_old_ones_are_forgotten(app: App) -> None:
    crash(app, 1.0)
    Notice.objects.update(sent_at=timezone.now() - timedelta(days=31))
    Notice.forget_old()
    assert not Notice.objects.exists()
