"""What goes wrong with an app reaches its webhook, and what is done is noted with where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.control.running import archive
from tests.servers import Server
from tests.waiting import until

INWARDS = (
    "Not sent: 127.0.0.1 is a loopback address, which webhooks may not reach unless the operator "
    "says so in webhook_reaches. It is tried again."
)


@pytest.fixture
def app(server: Server) -> Iterator[str]:
    done = server.cli("apps", "create", "told-of")
    assert done.returncode == 0, done.stderr
    yield "told-of"
    server.cli("apps", "destroy", "told-of", "--yes")


def test_a_failed_deploy_is_posted_but_not_into_the_servers_network(
    server: Server, app: str
) -> None:
    made = server.cli("notices", app, "add", "http://127.0.0.1:9/hook", "--on", "deploy-failed")
    assert made.stdout.startswith("whsec_"), made.stderr
    broken = archive(Procfile="no process type")
    deploys = f"{server.url}/-/api/v1/apps/{app}/deploys"
    sent = httpx.post(deploys, content=broken, headers=server.bearer, trust_env=False)
    assert sent.status_code == 202, sent.text

    def last() -> dict[str, Any] | None:
        (hook,) = server.json("notices", app)
        return hook if hook["last_result"] else None

    assert until(last)["last_result"] == INWARDS


def test_what_a_client_says_of_its_address_is_not_believed(server: Server, app: str) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-Ip": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    api = httpx.Client(base_url=f"{server.url}/-/api/v1", headers=server.bearer, trust_env=False)
    with api:
        changed = api.patch(f"/apps/{app}", json={"title": "Told of"}, headers=forged)
        assert changed.status_code == 200
        (event,) = api.get("/events", params={"app": app, "verb": "settings"}).json()
        assert api.get("/events", params={"origin": "6.6.6.6"}).json() == []
    assert event["address"] == "127.0.0.1"
    assert event["way"].startswith("token ")


def test_a_test_mail_says_what_is_missing(server: Server) -> None:
    done = server.cli("server", "test-mail", "ada@example.org", "--data", str(server.data))
    assert (done.returncode, done.stderr) == (
        1,
        "This server sends no mail.\n"
        "The setting mail_url is empty.\n"
        "Next: Set it to your mail server, such as smtps://USER:PASSWORD@HOST, run `portico server "
        "restart`, and try again.\n",
    )
