"""Calls of the API that several tests make of a real web process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.control.running import DEADLINE, Web, archive


def deploy(web: Web, app: str, content: bytes = b"", **params: Any) -> httpx.Response:
    content = content or archive(Procfile="web: x")
    return web.api("POST", f"/apps/{app}/deploys", params={"create": 1, **params}, content=content)


def followed(web: Web, path: str) -> list[dict[str, Any]]:
    with web.router.stream("GET", f"/-/api/v1{path}") as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "application/x-ndjson"
        return list(entries(answer))


def entries(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Empty lines come for as long as it takes, so there is a deadline beside them."""
    end = time.monotonic() + DEADLINE
    for line in answer.iter_lines():
        assert time.monotonic() < end, "the log did not end in time"
        if line:
            yield json.loads(line)


def live(web: Web, app: str) -> int:
    """Deploy and wait; the deploy's id."""
    number = deploy(web, app).json()["id"]
    assert (
        followed(web, f"/apps/{app}/deploys/{number}/log?follow=1")[-1]["deploy"]["state"] == "live"
    )
    return number
