from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portico.control.models import PlanClock, SigningKey
from portico.control.models.signing_key import LIFETIME, public_keys, renew_keys

pytestmark = pytest.mark.django_db


def _kids() -> list[str]:
    return [key.kid for key in SigningKey.known()]


def test_a_new_server_has_one_to_sign_with_and_one_to_come() -> None:
    renew_keys()
    following, current = _kids()
    assert SigningKey.current().kid == current
    assert [key.kid for key in public_keys()] == [following, current]


def test_young_ones_stay_and_the_agent_is_told_nothing() -> None:
    renew_keys()
    before, version = _kids(), PlanClock.now().version
    renew_keys(timezone.now() + LIFETIME - timedelta(hours=1))
    assert (_kids(), PlanClock.now().version) == (before, version)


def test_each_is_known_before_it_signs_and_after() -> None:
    renew_keys()
    following, current = _kids()
    version = PlanClock.now().version
    renew_keys(timezone.now() + LIFETIME)
    newest, signs, last = _kids()
    assert (signs, last) == (following, current)
    assert SigningKey.current().kid == following
    assert PlanClock.now().version > version
    SigningKey.objects.update(made_at=timezone.now() - LIFETIME)
    renew_keys()
    assert _kids()[1:] == [newest, following]
    assert SigningKey.objects.count() == 3
