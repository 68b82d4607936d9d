from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portico.control.models import Token
from portico.control.questions import Question, Slot

pytestmark = pytest.mark.django_db


def fresh_tokens() -> Question[Token]:
    return Question(
        lambda: Token.objects.select_related("user__profile", "app").filter(
            user=Slot("user", models.BigIntegerField()),
            expires_at__gt=Slot("now", models.DateTimeField()),
            read_only=False,
        )
    )


def test_it_answers_as_the_queryset_does_for_whatever_stands_in_the_slots() -> None:
    ada, bob = (User.objects.create(username=name) for name in ("ada", "bob"))
    Token.issue(ada, "one", days=1)
    Token.issue(ada, "two", days=3)
    Token.issue(ada, "for reading", days=3, read_only=True)
    question, now = fresh_tokens(), timezone.now()
    for person, at in ((ada, now), (ada, now + timedelta(days=2)), (bob, now), (ada, now)):
        expected = Token.objects.filter(user=person, expires_at__gt=at, read_only=False)
        assert list(question.all(user=person.pk, now=at)) == list(expected)
    assert question.first(user=bob.pk, now=now) is None


def test_what_it_finds_is_whole_with_what_belongs_to_it() -> None:
    ada = User.objects.create(username="ada")
    Token.issue(ada, "one", days=1)
    question, now = fresh_tokens(), timezone.now()
    question.first(user=ada.pk, now=now)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = question.first(user=ada.pk, now=now)
        assert found is not None
        assert (found.user, found.app, hasattr(found.user, "profile")) == (ada, None, False)
        assert (found.read_only, found.expired) == (False, False)
    assert len(asked) == 1
    assert found.created_at == Token.objects.get().created_at


def test_a_slot_that_is_given_nothing_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="now"):
        fresh_tokens().first(user=1)
