"""What a token is good for."""

from __future__ import annotations

import pytest

from portico.control.access.deciding import Verb
from portico.control.access.scopes import WHOLE, Scope

READING = {Verb.OPEN, Verb.INSPECT, Verb.READ_CODE, Verb.READ_METRICS}
METRICS = {Verb.READ_METRICS}
ON_SERVER = {Verb.ADMINISTER, Verb.CREATE, Verb.MANAGE_TOKENS, Verb.CHOOSE_NOTICES}


@pytest.mark.parametrize(
    ("scope", "on_this_app", "on_another", "on_the_server"),
    [
        (WHOLE, set(Verb), set(Verb), set(Verb)),
        (Scope(app=1), set(Verb), set(), set()),
        (Scope(read_only=True), READING, READING, READING),
        (Scope(app=1, read_only=True), READING, set(), set()),
        (Scope(metrics=True), METRICS, METRICS, METRICS),
        (Scope(metrics=True, read_only=True), METRICS, METRICS, METRICS),
    ],
)
def test_what_a_token_covers(
    scope: Scope, on_this_app: set[Verb], on_another: set[Verb], on_the_server: set[Verb]
) -> None:
    assert {verb for verb in Verb if scope.covers(verb, 1)} == on_this_app
    assert {verb for verb in Verb if scope.covers(verb, 2)} == on_another
    assert {verb for verb in Verb if scope.covers(verb)} == on_the_server
    if scope != WHOLE:
        assert not on_the_server & ON_SERVER
