"""A small server that speaks docs/api.md, remembers what it was asked and says what it is told."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn

TOKEN = "the-token"
FOR_STRANGERS = ("/", "/logins", "/logins/token")
NOW = "2026-01-02T03:04:05Z"
BREAK, HOLD = object(), object()

Socket = Callable[[Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Stub:
    """`answers` over `streams` over the little that it does by itself."""

    url: str = ""
    version: str = ""
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    streams: dict[str, list[list[Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    socket: Socket | None = None

    def add(self, name: str, **more: Any) -> None:
        self.apps[name] = {
            "name": name,
            "url": f"{self.url}/{name}/",
            "git_url": f"{self.url}/-/git/{name}.git",
            "state": "running",
            "release": 3,
            "path_mode": "mount",
            "processes": {"web": "gunicorn mysite.wsgi"},
            "formation": {"web": 1},
            "created_at": NOW,
            "settings": {"path_mode": None, "drain_seconds": 5},
            **more,
        }

    def deploy(self, app: str, state: str = "live", **more: Any) -> dict[str, Any]:
        return {
            "id": 7,
            "app": app,
            "kind": "upload",
            "state": state,
            "release": 4,
            "commit": None,
            "created_at": NOW,
            "seconds": 1.5,
            "problem": None,
            "url": f"{self.url}/{app}/",
            **more,
        }

    def queries(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if (each.method, each.path) == (method, path)]

    def only(self, method: str, path: str) -> Asked:
        (found,) = self.queries(method, path)
        return found

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            assert self.socket is not None
            await self.socket(receive, send)
            return
        asked = await _asked(scope, receive)
        self.asked.append(asked)
        headers = dict(scope["headers"])
        authorized = headers.get(b"authorization") == f"Bearer {TOKEN}".encode()
        if asked.path not in FOR_STRANGERS and not authorized:
            await _answer(send, 401, {"title": "Who are you?"})
        elif asked.path in self.streams and f"{asked.method} {asked.path}" not in self.answers:
            await _stream(send, receive, self.streams[asked.path].pop(0))
        else:
            await _answer(send, *self._answer_to(asked))

    def _answer_to(self, asked: Asked) -> tuple[int, Any]:
        set_answer = self.answers.get(f"{asked.method} {asked.path}")
        if set_answer is not None:
            return set_answer
        if asked.path == "/":
            return 200, {"name": "portico", "version": self.version, "api": "v1", "new": 1}
        if asked.path == "/whoami":
            return 200, {"user": "alice", "token": "laptop"}
        return self._app_answer(asked)

    def _app_answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/apps":
            return self._create(asked) if asked.method == "POST" else (200, [*self.apps.values()])
        match = re.fullmatch(r"/apps/([^/]+)(/.*)?", asked.path)
        name = match[1] if match else ""
        if asked.method == "POST" and match and match[2] == "/deploys":
            return 202, self.deploy(name, "queued")
        if name not in self.apps:
            return 404, {
                "title": f"There is no app {name}.",
                "detail": "Nobody has made it.",
                "hint": "`portico apps` lists the apps.",
            }
        if asked.method == "GET" and match and match[2] is None:
            return 200, self.apps[name]
        raise AssertionError(f"nothing is prepared for {asked}")

    def _create(self, asked: Asked) -> tuple[int, Any]:
        self.add(asked.json["name"], release=None)
        return 201, self.apps[asked.json["name"]]


async def _asked(scope: Any, receive: Any) -> Asked:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    path = unquote(scope["path"]).removeprefix("/-/api/v1")
    query = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode()).items()}
    return Asked(scope["method"], path, query, body)


async def _answer(send: Any, status: int, body: Any) -> None:
    """A body of bytes is a page, for a redirect the place; anything else is JSON."""
    kind = b"application/json" if status < 400 else b"application/problem+json"
    headers = [(b"content-type", b"text/html" if isinstance(body, bytes) else kind)]
    content = body if isinstance(body, bytes) else _encoded(body)
    if status in (301, 302):
        headers, content = [(b"location", content)], b""
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _encoded(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


async def _stream(send: Any, receive: Any, items: list[Any]) -> None:
    headers = [(b"content-type", b"application/x-ndjson")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for item in items:
        if item is BREAK:
            raise ConnectionAbortedError
        if item is HOLD:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        line = b"\n" if item is None else json.dumps(item, ensure_ascii=False).encode() + b"\n"
        await send({"type": "http.response.body", "body": line, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI app on a free port of the loopback; its address."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port(server)}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive()


def _port(server: uvicorn.Server) -> int:
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the stub did not start"
        time.sleep(0.005)
    return int(server.servers[0].sockets[0].getsockname()[1])
