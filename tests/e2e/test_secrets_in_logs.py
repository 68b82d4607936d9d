"""An app that prints all it knows while it is built and released: its log shows no secret."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from portico.client.api import Client
from tests.servers import Server

APP = Path(__file__).parents[1] / "apps" / "prints-secrets"
VALUE = "very secret & 'quoted'"
CONFIG = {
    "API_TOKEN": VALUE,
    "DATABASE_URL": "postgres://me:pass%40word@db.internal/x",
    "PRIVATE_KEY": "-----BEGIN-----\nfirst line of it\nsecond line of it\n-----END-----\n",
    "GREETING": "good morning",
}
HIDDEN = (VALUE, "pass%40word", "pass@word", "first line of it", "second line of it", "me:word@")


def test_no_log_and_no_error_shows_a_secret(server: Server) -> None:
    with contextlib.closing(Client(server.url, server.token)) as client:
        client.create_app("printer")
        client.set_config("printer", CONFIG)
        done = server.cli("deploy", str(APP), "--app", "printer")
        assert done.returncode == 0, done.stderr
        assert "API_TOKEN=[API_TOKEN]" in done.stdout
        assert "GREETING=good morning" in done.stdout
        assert "postgres://[hidden]@db/x" in done.stdout  # by the release command
        client.set_config("printer", {"GREETING": "good night"}, secret=True)
        client.set_config("printer", {"FAILS": "3"})
        failed = server.cli("deploy", str(APP), "--app", "printer")
        assert failed.returncode == 1
        assert "The predeploy script failed." in failed.stderr
        assert "GREETING=[GREETING]" in failed.stdout
        problems = json.dumps([one.model_dump(mode="json") for one in client.deploys("printer")])
        said = done.stdout + done.stderr + failed.stdout + failed.stderr + problems
        assert [secret for secret in (*HIDDEN, "good night") if secret in said] == []
