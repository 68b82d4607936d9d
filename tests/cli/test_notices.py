"""`portico notices`."""

from __future__ import annotations

import pytest

from portico.cli.notices import Order, parsed
from portico.errors import PorticoError

HOOK = {"id": 3, "url": "https://example.org/hook", "kinds": ["app-crashed"]}
MAIL = {
    "kinds": ["deploy-failed"],
    "every": ["deploy-failed", "app-crashed"],
    "address": "alice@example.org",
    "sent": True,
}


def test_the_words_are_an_app_and_what_to_do():
    assert parsed((), None) == Order(None)
    assert parsed(("polls",), None) == Order("polls")
    assert parsed(("add", "https://x"), None) == Order(None, "add", ("https://x",))
    assert parsed(("polls", "remove", "3"), None) == Order("polls", "remove", ("3",))
    assert parsed(("test", "3"), "mail") == Order("mail", "test", ("3",))
    assert parsed(("mail", "none"), None) == Order(None, "mail", ("none",))


@pytest.mark.parametrize("words", [("polls", "add"), ("polls", "explode", "3")])
def test_what_is_not_understood(words):
    with pytest.raises(PorticoError) as caught:
        parsed(words, None)
    assert (caught.value.title, caught.value.detail, caught.value.hint) == (
        f"`portico notices` does not know {' '.join(words[1:])!r}.",
        "After the app comes add with a URL, or remove or test with the ID of a webhook.",
        "For example `portico notices APP add https://example.org/hook`.",
    )


def test_webhooks_are_shown_with_their_last_result_and_ones_own_mail(portico, stub):
    last = {"last_at": "2026-01-31T12:00:00Z", "last_result": "It answered 500."}
    stub.answers["GET /apps/polls/webhooks"] = (200, [{**HOOK, **last}])
    stub.answers["GET /notices"] = (200, MAIL)
    result = portico("notices", "polls")
    assert result.code == 0
    assert "https://example.org/hook" in result.stdout
    assert "It answered 500." in result.stdout
    assert result.stderr == "You get mail to alice@example.org of: deploy-failed.\n"


def test_a_webhook_is_added_and_its_secret_printed(portico, stub):
    stub.answers["POST /apps/polls/webhooks"] = (201, {**HOOK, "secret": "whsec_abc"})
    result = portico("notices", "polls", "add", HOOK["url"], "--on", "app-crashed")
    assert result.stdout == "whsec_abc\n"
    assert stub.only("POST", "/apps/polls/webhooks").json == {
        "url": HOOK["url"],
        "kinds": ["app-crashed"],
    }


def test_a_webhook_is_tested_and_removed(portico, stub):
    stub.answers["POST /apps/polls/webhooks/3/tests"] = (202, None)
    stub.answers["DELETE /apps/polls/webhooks/3"] = (204, None)
    assert portico("notices", "polls", "test", "3").stdout == "A test is on its way.\n"
    assert portico("notices", "polls", "remove", "3").stdout == "Removed webhook 3 of polls.\n"
    result = portico("notices", "polls", "remove", "three")
    assert (result.code, "'three' is no ID of a webhook." in result.stderr) == (1, True)


def test_ones_own_mail_is_chosen(portico, stub):
    stub.answers["GET /notices"] = (200, MAIL)
    stub.answers["PUT /notices"] = (200, {**MAIL, "kinds": []})
    assert "of: nothing." in portico("notices", "mail", "none").stderr
    assert stub.only("PUT", "/notices").json == {"kinds": []}


def test_on_belongs_to_add(portico, stub):
    result = portico("notices", "polls", "--on", "limit-hit")
    assert (result.code, "--on has no meaning here." in result.stderr) == (1, True)
