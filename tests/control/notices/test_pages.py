"""The tab of the App Manager, one's own page, and the API beside them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from portico.control.models import App, Webhook
from portico.control.models.notice import wished_kinds

TAB, OWN = "/-/manage/polls/notices/", "/-/accounts/notices/"
HTML = {"Accept": "text/html"}


def act(client: Client, do: str, **fields: Any) -> Any:
    return client.post(TAB, {"do": do, **fields}, headers=HTML)


def test_a_webhook_is_added_with_its_secret_on_that_answer_alone(app: App, visitor: Client) -> None:
    assert "No webhooks" in visitor.get(TAB).content.decode()
    answer = act(visitor, "add", url="https://example.org/x", kind=["limit-hit", "app-crashed"])
    hook = Webhook.objects.get()
    assert hook.secret in answer.content.decode()
    assert hook.kinds == ["app-crashed", "limit-hit"]
    page = visitor.get(TAB).content.decode()
    assert hook.secret not in page
    assert "https://example.org/x" in page
    stored = [session.get_decoded() for session in Session.objects.all()]
    assert hook.secret not in str(stored)


def test_what_is_refused_stands_on_the_page(app: App, visitor: Client) -> None:
    answer = act(visitor, "add", url="ftp://example.org", kind=["limit-hit"])
    assert answer.status_code == 400
    assert "This address cannot be a webhook." in answer.content.decode()
    assert "It was to be sent nothing." in act(visitor, "add", url="https://x.org").content.decode()
    assert act(visitor, "remove", webhook="77").status_code == 404
    for _ in range(10):
        act(visitor, "add", url="https://example.org/", kind=["limit-hit"])
    answer = act(visitor, "add", url="https://example.org/", kind=["limit-hit"])
    assert "polls has 10 webhooks already." in answer.content.decode()


def test_a_webhook_is_tested_and_removed(app: App, visitor: Client) -> None:
    act(visitor, "add", url="https://example.org/", kind=["limit-hit"])
    number = str(Webhook.objects.get().pk)
    act(visitor, "test", webhook=number)
    assert "A test is on its way." in visitor.get(TAB).content.decode()
    act(visitor, "remove", webhook=number)
    assert not Webhook.objects.exists()


def test_one_chooses_ones_own_mail(visitor: Client, alice: User, client: Client) -> None:
    assert "This server sends no mail." in visitor.get(OWN).content.decode()
    visitor.post(OWN, {"kind": ["limit-hit"]})
    assert wished_kinds(User.objects.get(pk=alice.pk)) == ["limit-hit"]
    visitor.post(OWN, {})
    assert wished_kinds(User.objects.get(pk=alice.pk)) == []
    body = {"data": {"kinds": ["app-crashed"]}, "content_type": "application/json"}
    assert client.put("/-/api/v1/notices", **body).json() == {
        "kinds": ["app-crashed"],
        "every": ["deploy-failed", "app-crashed", "limit-hit"],
        "address": None,
        "sent": False,
    }
    body["data"] = {"kinds": ["all of them"]}
    assert client.put("/-/api/v1/notices", **body).json()["title"] == (
        "There is no notice 'all of them'."
    )
