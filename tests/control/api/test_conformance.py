"""Calls that schemathesis makes up from the API's own document: none fails, and each answer is one that
the document knows.

`PORTICO_API_EXAMPLES=500 pytest tests/control/api/test_conformance.py` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.control.agent import FakeAgent
from tests.control.calls import live
from tests.control.running import Forwarder, Web, poll, web_process

EXAMPLES = int(os.environ.get("PORTICO_API_EXAMPLES", "8"))
API = "/-/api/v1"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
]
# Bodies alone: what a query has beside the parameters of the document means nothing, and is let be.
OF_BODIES = [checks.negative_data_rejection]
# What changes or ends an app, so that calls after it would find nothing to look at: one of its own.
ENDING = {f"DELETE {API}/apps/{{app}}", f"PATCH {API}/apps/{{app}}"}
# A person who takes their own rights, or their own token, could make no further call.
OF_THE_CALLER = {"person": "admin", "token": "1"}


@schemathesis.serializer("application/gzip", "image/png", "image/jpeg", "image/webp")
def _as_it_is(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Web, str]]:
    """With an app that serves, and an agent that carries everything out."""
    with web_process() as web:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        socket = web.runtime / "agent" / "agent.sock"
        agent, forwarder = (
            FakeAgent(web.client(socket), socket),
            Forwarder(web.runtime / "web" / "web.sock"),
        )
        agent.start()
        live(web, "polls")
        yield web, f"http://127.0.0.1:{forwarder.port}"
        agent.stop()
        agent.client.close()
        forwarder.close()


@pytest.fixture
def viewers_token(server: tuple[Web, str]) -> str:
    """Of somebody who may open the app and no more."""
    web, _ = server
    web.api("POST", "/people", json={"name": "carol"})
    web.api("PATCH", "/apps/polls/access", json={"viewers": ["carol"]})
    made = web.api("POST", "/tokens", json={"name": "test", "user": "carol"})
    return f"Bearer {made.json()['token']}"


def test_an_administrators_calls(server: tuple[Web, str]) -> None:
    web, address = server
    assert _faults(web, address, str(web.router.headers["Authorization"])) == {}


def test_a_viewers_calls(server: tuple[Web, str], viewers_token: str) -> None:
    web, address = server
    assert _faults(web, address, viewers_token) == {}


def _faults(web: Web, address: str, token: str) -> dict[str, str]:
    """By call, what was wrong with an answer."""
    found = {}
    schema = schemathesis.openapi.from_url(f"{address}{API}/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _try(web, operation, address, token)
        except (Exception, BaseExceptionGroup) as error:  # the calls after it are to be seen too
            found[operation.label] = str(error)
    return found


def _try(web: Web, operation: Any, address: str, token: str) -> None:
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    strategies = [operation.as_strategy(generation_mode=mode) for mode in modes]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies), known=st.booleans())
    def attempt(case: Case, *, known: bool) -> None:
        _aim(web, case, known=known)
        answer = case.call(base_url=address, headers={"Authorization": token}, timeout=60)
        case.validate_response(answer, checks=CHECKS + (OF_BODIES if operation.body else []))

    attempt()


def _aim(web: Web, case: Case, *, known: bool) -> None:
    """At what there is, half of the time, and never at the caller; streams end by themselves."""
    given = case.path_parameters or {}
    if known and "app" in given:
        spare = case.operation.label in ENDING
        given["app"] = "spare" if spare else "polls"
        if spare:
            web.api("POST", "/apps", json={"name": "spare"})
    for name, own in OF_THE_CALLER.items():
        if str(given.get(name)) == own:
            given[name] = "2"
    if case.query and "follow" in case.query:
        case.query["follow"] = "false"
