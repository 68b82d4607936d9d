"""Deploys a tree by web's own API, and follows the deploy to its end."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from portico.control.git.hook.asking import Question
from portico.control.git.hook.variables import APP
from portico.errors import PorticoError


def upload(tree: Path, commit: str) -> dict[str, object]:
    """Pack the tree into web's deploy API as it goes; the deploy, as the API shows it."""
    form = ("Content-Type: application/gzip", "Transfer-Encoding: chunked")
    question = Question("POST", f"?create=1&commit={commit}", *form)
    try:
        pack(tree, Chunks(question))
        question.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before its end; the answer says why
    return answer(*question.answer())


class Chunks:
    """Writes go out as the chunks of a request's body."""

    def __init__(self, question: Question) -> None:
        self.question = question

    def write(self, data: bytes) -> int:
        if data:
            self.question.send(b"%x\r\n%b\r\n" % (len(data), data))
        return len(data)

    def flush(self) -> None:
        pass


def pack(tree: Path, out: Chunks) -> None:
    """A tar.gz of the tree that depends on nothing but names, modes and contents."""
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w|", bufsize=1 << 18) as archive,
    ):
        for path in sorted(tree.rglob("*")):
            archive.add(path, str(path.relative_to(tree)), recursive=False, filter=anonymous)


def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def follow(deploy: dict[str, object]) -> int:
    """Print the deploy's log until it has ended; 0 when it is live."""
    _, log = Question("GET", f"/{deploy['id']}/log?follow=1").answer()
    last_line: object = None
    for entry in entries_of(log):
        if "line" in entry:
            last_line = entry["line"]
            say(last_line)
        if isinstance(end := entry.get("deploy"), dict):
            return conclude(end, last_line)
    raise PorticoError(
        "The connection to the deploy was lost.",
        "The server is being restarted. The deploy itself goes on.",
        f"See how it goes: portico logs {os.environ[APP]} --build",
    )


def entries_of(log: BufferedReader) -> Iterator[dict[str, object]]:
    """The objects of an NDJSON answer; fewer than there should be when web has gone."""
    try:
        while (line := log.readline()).endswith(b"\n"):
            if line.strip():
                yield json.loads(line)
    except ConnectionError:
        return


def conclude(deploy: dict[str, object], last_line: object) -> int:
    if deploy["state"] == "live":
        live = f"v{deploy['release']} is live at {deploy['url']}"
        if last_line != live:  # the log ends with it, if its end came through
            say(f"\n{live}\n")
        return 0
    problem = deploy["problem"]
    if isinstance(problem, dict):
        raise PorticoError(problem["title"], problem["detail"], problem["hint"])
    raise PorticoError(f"The deploy was {deploy['state']}.", "", "")


def answer(status: int, body: BufferedReader) -> dict[str, object]:
    try:
        document: dict[str, object] = json.loads(body.read())
    except ValueError:  # cut off
        raise ConnectionError("The server has closed the connection in its answer.") from None
    if status >= 400:
        raise PorticoError(*(str(document.get(part, "")) for part in ("title", "detail", "hint")))
    return document


def say(text: object) -> None:
    print(text, flush=True)  # each line reaches the author as it comes
