from __future__ import annotations

import errno
from typing import IO, Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from portico.control import sources
from portico.control.models import App, Token
from portico.control.streams import uploads
from portico.control.streams.exchange import Request, guarded

pytestmark = pytest.mark.django_db(transaction=True)


async def handle(scope: Any, receive: Any, send: Any) -> None:
    await uploads.upload(Request(scope, receive), send, "polls")


def posted(alice: User, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the upload of these messages is answered."""
    token = Token.issue(alice, "laptop")
    coming = list(messages)
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "query_string": b"create=1",
    }

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async_to_sync(guarded(handle))(scope, receive, send)
    return sent


def test_a_client_that_leaves_leaves_nothing(alice: User) -> None:
    piece = {"type": "http.request", "body": b"\x1f\x8b", "more_body": True}
    assert posted(alice, piece, {"type": "http.disconnect"}) == []
    assert not list(sources.incoming().iterdir())
    assert not App.objects.exists()


def test_a_full_disk_is_a_problem_that_leaves_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(file: IO[bytes], data: bytes, digest: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads, "_write", write)
    start, body = posted(alice, {"type": "http.request", "body": b"\x1f\x8b"})
    assert start["status"] == 507
    assert body["body"] == (
        b'{"status": 507, "title": "The source could not be stored.", '
        b'"detail": "The disk of the server is full. Nothing was deployed.", '
        b'"hint": "Ask the operator of this server to make room, then deploy again."}'
    )
    assert not list(sources.incoming().iterdir())
    assert not App.objects.exists()


def test_a_deploy_that_cannot_be_recorded_leaves_no_archive(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_deploy", lambda *_: 1 / 0)
    start, _ = posted(alice, {"type": "http.request", "body": b"\x1f\x8b"})
    assert start["status"] == 500
    assert [path.name for path in sources.incoming().parent.iterdir()] == ["incoming"]
