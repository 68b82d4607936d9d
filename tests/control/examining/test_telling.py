"""How a real web process asks the agent, and what it believes."""

from __future__ import annotations

import httpx
import pytest

from tests.control.examining.telling import MACHINE, PROBLEM, contents, told
from tests.control.running import Plan, Web, poll


def tell(web: Web, **parts: object) -> httpx.Response:
    return web.agent.post("/examination", content=told(**parts))


def known(web: Web) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = web.api("GET", "/server/examination").json()
    return found


def test_the_agent_is_asked_with_the_plan_and_what_it_says_is_known(web: Web) -> None:
    plan = Plan(web.agent)
    plan.poll()
    assert not plan.poll().examine
    answer = web.api("POST", "/server/examination")
    assert answer.status_code == 202
    assert answer.json()["machine"]["looking"]
    assert plan.poll(wait=60).examine
    assert not plan.poll().examine
    assert tell(web, machine=MACHINE).status_code == 204
    assert tell(web, disk=contents(7)).status_code == 204
    found = known(web)
    assert found["machine"]["checks"] == [
        {"name": one.name, "on": one.on, "how": one.how, "needed": one.needed}
        for one in MACHINE.checks
    ]
    assert found["versions"]["Envoy"] == "1.40.0"
    use = found["disk"]["use"]
    assert isinstance(use, dict)
    assert use["environments"] == [
        {
            "name": "a" * 32,
            "bytes": 74_300_000,
            "app": None,
            "used_by": [{"app": "app 7", "build": 3, "versions": []}],
        }
    ]
    assert not found["machine"]["looking"]
    assert not found["disk"]["looking"]


def test_an_agent_that_waits_for_the_plan_hears_it_at_once(web: Web) -> None:
    """Opening the page is enough, where nothing is known or what is known is old."""
    plan = Plan(web.agent)
    plan.poll()
    web.api("POST", "/server/examination")
    assert poll(lambda: plan.poll(wait=60).examine)
    tell(web, machine=PROBLEM)
    assert known(web)["machine"]["problem"] == PROBLEM.model_dump()
    tell(web, machine=MACHINE, disk=contents())


@pytest.mark.parametrize("said", ["", "[]", '{"machine": {"as_root": 1}}', '{"more": 1}'])
def test_what_is_no_examination_is_refused(web: Web, said: str) -> None:
    answer = web.agent.post("/examination", content=said)
    assert answer.status_code == 422
    assert answer.json()["title"] == "The examination was not understood."


def test_the_router_does_not_lead_there(web: Web) -> None:
    assert web.router.post("/examination", content="{}").status_code == 404
