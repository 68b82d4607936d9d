from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from portico.control.models import PlanClock


@pytest.mark.django_db
def test_a_web_with_a_database_is_ready(stranger: Client) -> None:
    answer = stranger.get("/-/ready")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_a_database_that_is_away_is_told_to_strangers_without_its_address(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> PlanClock:
        raise OperationalError('connection to "10.0.0.5" failed for user "portico"')

    monkeypatch.setattr(PlanClock, "now", away)
    answer = stranger.get("/-/ready")
    assert answer.status_code == 503
    assert answer.content == b"The database does not answer; web's log says more.\n"
