"""A room to chat in over a web socket, a clock over server-sent events, and a file upload."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, StreamingResponse

app = FastAPI(title="Chat")
room: set[WebSocket] = set()
PAGE = Path(__file__).with_name("index.html")


@app.get("/", include_in_schema=False)
def page() -> FileResponse:
    return FileResponse(PAGE)


@app.websocket("/chat")
async def chat(socket: WebSocket) -> None:
    """Whatever one says, all hear."""
    await socket.accept()
    room.add(socket)
    try:
        while True:
            await tell_all(await socket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        room.discard(socket)


@app.get("/clock")
def clock() -> StreamingResponse:
    """The time, once a second, as server-sent events."""
    return StreamingResponse(seconds(), media_type="text/event-stream")


@app.post("/upload")
async def upload(file: UploadFile) -> dict[str, str | int]:
    """The size and hash of a file of any size; it is read piece by piece."""
    digest, size = hashlib.sha256(), 0
    while piece := await file.read(1 << 16):
        digest.update(piece)
        size += len(piece)
    return {"name": file.filename or "", "size": size, "sha256": digest.hexdigest()}


async def tell_all(text: str) -> None:
    for socket in list(room):
        try:
            await socket.send_text(text)
        except (RuntimeError, WebSocketDisconnect):
            room.discard(socket)


async def seconds() -> AsyncIterator[str]:
    while True:
        yield f"data: {datetime.now(UTC):%H:%M:%S}\n\n"
        await asyncio.sleep(1)
