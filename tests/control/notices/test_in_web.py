"""A real web process: the queue survives it, and the pages show what comes of it."""

from __future__ import annotations

import json
import signal

from portico.wire import Problem
from tests.control.agent import FakeAgent
from tests.control.calls import deploy
from tests.control.notices.conftest import taking
from tests.control.running import poll, web_process


def test_a_notice_arrives_after_a_kill_and_the_webhook_says_so() -> None:
    with taking() as taker:
        taker.status = 500
        reaches = json.dumps([f"127.0.0.1:{taker.port}"])
        with web_process(PORTICO_WEBHOOK_REACHES=reaches) as web:
            assert poll(lambda: web.router.get("/-/ready").status_code == 200)
            web.api("POST", "/apps", json={"name": "polls"})
            made = web.api("POST", "/apps/polls/webhooks", json={"url": taker.url}).json()
            socket = web.runtime / "agent" / "agent.sock"
            agent = FakeAgent(web.client(socket), socket)
            agent.problem = Problem(title="The build failed.")
            agent.start()
            deploy(web, "polls")
            poll(lambda: taker.posted)
            agent.stop()
            web.end(signal.SIGKILL)
            taker.status = 204
            web.start()
            poll(lambda: len(taker.posted) > 1)
            poll(lambda: web.api("GET", "/apps/polls/webhooks").json()[0]["last_good"])
            (shown,) = web.api("GET", "/apps/polls/webhooks").json()
            assert shown["last_result"] == "It answered 204."
            assert "secret" not in shown
            agent.client.close()
        first, second = taker.posted
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert json.loads(second.body)["happened"] == "The build failed."
        assert made["secret"].startswith("whsec_")
