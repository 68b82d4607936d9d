"""Receives source archives: bounded, hashed on the way, written beside and renamed into place."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from django.db import transaction

from portico.control import callers, instance, sources
from portico.control.api.documents import deploy_document
from portico.control.callers import Caller
from portico.control.disk_full import is_disk_full
from portico.control.models import App, Deploy, Kind, Source
from portico.control.streams.exchange import Request, Send, respond_json, too_large
from portico.control.threads import in_database
from portico.errors import PorticoError

GZIP = b"\x1f\x8b"
WRITE = 1 << 20  # bytes per visit to the disk, which happens in a thread


async def upload(request: Request, send: Send, app: str) -> None:
    """POST /apps/{app}/deploys."""
    token = callers.bearer(request.headers.get("authorization", ""))
    caller = await in_database(callers.by_token_or_push, token, app)
    await in_database(caller.deploy_target, app, create=request.flag("create"))
    limit = instance.server().max_source_bytes
    if int(request.headers.get("content-length") or 0) > limit:
        raise too_large("The source", limit)
    file, path = await asyncio.to_thread(_open)
    try:
        with file:
            sha256, size = await _receive(request.pieces(), file, limit)
        deploy = await in_database(_register, request, caller, app, path, sha256, size)
    except OSError as error:
        raise _unwritable(error) from error
    finally:
        path.unlink(missing_ok=True)
    await respond_json(send, 202, deploy)


def _open() -> tuple[IO[bytes], Path]:
    try:
        handle, name = tempfile.mkstemp(dir=sources.incoming(), prefix="upload-")
    except OSError as error:
        raise _unwritable(error) from error
    return os.fdopen(handle, "wb", buffering=0), Path(name)


async def _receive(pieces: AsyncIterator[bytes], file: IO[bytes], limit: int) -> tuple[str, int]:
    """Write the archive; its hash and its size."""
    digest, size, buffer = hashlib.sha256(), 0, bytearray()
    async for piece in pieces:
        buffer += piece
        size += len(piece)
        if size > limit:
            raise too_large("The source", limit)
        if len(buffer) >= WRITE:
            await asyncio.to_thread(_write, file, bytes(buffer), digest)
            _check_kind(buffer, size)
            buffer.clear()
    _check_kind(buffer, size)
    await asyncio.to_thread(_write, file, bytes(buffer), digest)
    return digest.hexdigest(), size


def _write(file: IO[bytes], data: bytes, digest: hashlib._Hash) -> None:
    digest.update(data)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _check_kind(buffer: bytearray, size: int) -> None:
    if size == len(buffer) and buffer[:2] != GZIP:
        raise PorticoError(
            "The source is not an archive.",
            "It is empty." if not size else "It does not begin like a gzip file.",
            "Send a tar.gz archive, or let portico deploy make it.",
        )


def _register(
    request: Request, caller: Caller, name: str, path: Path, sha256: str, size: int
) -> dict[str, object]:
    """Put the archive into place and deploy it; neither is done without the other."""
    with sources.LOCK:
        path.replace(sources.path_of(sha256))
        try:
            with transaction.atomic():
                deploy = _deploy(request, caller, name, sha256, size)
                return deploy_document(deploy)
        except BaseException:
            sources.collect([sha256])
            raise


def _deploy(request: Request, caller: Caller, name: str, sha256: str, size: int) -> Deploy:
    source, _ = Source.objects.get_or_create(sha256=sha256, defaults={"size": size})
    # Asked a second time: much may have happened while the archive came.
    app = caller.deploy_target(name, create=request.flag("create"))
    return (app or App.create(name, caller.user)).deploy(
        source,
        caller.user,
        kind=Kind.PUSH if caller.push else Kind.UPLOAD,
        commit=_commit(request.query.get("commit", "")),
        use_cache=not request.flag("no_cache"),
    )


def _commit(text: str) -> str | None:
    if not text:
        return None
    if len(text) > 64 or not text.removesuffix("-dirty").isalnum() or not text.isascii():
        raise PorticoError(
            "The commit cannot be used.",
            "A commit is given as up to 64 letters and digits, `-dirty` behind it if need be.",
            "Leave it out, or send the output of: git rev-parse HEAD",
        )
    return text


def _unwritable(error: OSError) -> PorticoError:
    if not is_disk_full(error):
        raise error
    return PorticoError(
        "The source could not be stored.",
        "The disk of the server is full. Nothing was deployed.",
        "Ask the operator of this server to make room, then deploy again.",
        status=507,
    )
