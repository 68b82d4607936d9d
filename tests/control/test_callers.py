from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portico.control import callers
from portico.control.git import pushes
from portico.errors import PorticoError


@pytest.mark.parametrize(
    "header", ["", "Bearer x", "Basic", "Basic \xe9", "Basic x", "Basic /w==", "Basic eA=="]
)
def test_credentials_that_are_none_hold_no_password(header: str) -> None:
    assert callers.basic(header) == ""


def test_a_token_that_is_no_ascii_is_unknown_also_during_a_push(alice: User) -> None:
    with pushes.begin("polls", alice.pk, "alice"), pytest.raises(PorticoError) as error:
        callers.by_token_or_push("\xe9", "polls")
    assert error.value.status == 401
