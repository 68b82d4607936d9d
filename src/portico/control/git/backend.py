"""Runs `git http-backend` (CGI) with request and answer streamed, never spooled."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from portico.control.git.environment import ENVIRONMENT
from portico.control.streams.exchange import GoneError, Request, Send, start

PIECE = 1 << 16
HEADERS_LIMIT = 1 << 16


def cgi_variables(request: Request, root: Path, path: str, user: str) -> dict[str, str]:
    """The environment of git's CGI program, by RFC 3875 and git-http-backend(1)."""
    headers = request.headers
    variables = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "REMOTE_USER": user,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
    }
    # Without a length git reads to the end of its input, which chunked requests need.
    length = headers.get("content-length")
    return variables | ({"CONTENT_LENGTH": length} if length else {})


async def run(request: Request, send: Send, variables: Mapping[str, str]) -> None:
    """Answer with what git says, all but the closing empty body.

    A client that leaves before it has sent everything ends git. One that leaves later does not:
    the deploy goes on, and the branch should move when it is live.
    """
    git = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env={**ENVIRONMENT, **variables},
        stdin=PIPE,
        stdout=PIPE,
        limit=HEADERS_LIMIT,
        start_new_session=True,
    )
    feeding = asyncio.create_task(_feed(request, git))
    try:
        await _answer(git, send)
        await git.wait()
    finally:
        feeding.cancel()
        with suppress(asyncio.CancelledError):
            await feeding
        await _end(git)


async def _feed(request: Request, git: Process) -> None:
    assert git.stdin is not None  # noqa: S101 - it was started with a pipe
    try:
        async for piece in request.pieces():
            git.stdin.write(piece)
            await git.stdin.drain()
    except GoneError:
        _signal(git)
    except (BrokenPipeError, ConnectionResetError):
        # git has refused; it still says so, while the rest of the request is thrown away.
        with suppress(GoneError):
            async for _ in request.pieces():
                pass
    finally:
        git.stdin.close()


async def _answer(git: Process, send: Send) -> None:
    assert git.stdout is not None  # noqa: S101 - it was started with a pipe
    status, headers = 200, {"cache-control": "no-cache"}
    while line := (await git.stdout.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    await start(send, status, headers)
    while piece := await git.stdout.read(PIECE):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _end(git: Process) -> None:
    """Nothing of a git survives its request; receive-pack tidies up on SIGTERM."""
    if git.returncode is None:
        _signal(git)
        await git.wait()


def _signal(git: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(git.pid, signal.SIGTERM)
