"""git's pre-receive hook: deploys what is pushed and rejects the push when the deploy fails.

Runs as a script of its own, standard library only, inside git's quarantine: the pushed objects can
be read here and nowhere else. It packs the commit's files, gives them to web's deploy API with a
token that is good for this push, and prints the deploy's log, which git carries to the author.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

# The variables that web sets for it.
APP = "PORTICO_APP"
BRANCHES = "PORTICO_BRANCHES"
INCOMING = "PORTICO_INCOMING"
MOST_BYTES = "PORTICO_MOST_BYTES"
MOST_FILES = "PORTICO_MOST_FILES"
PUSH = "PORTICO_PUSH"
SOCKET = "PORTICO_SOCKET"

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
GITLINK = "160000"


class Update(NamedTuple):
    old: str
    new: str
    ref: str


class Refusal(Exception):  # noqa: N818 - it is what the author reads, not an error of ours
    def __init__(self, title: str, detail: str, hint: str) -> None:
        super().__init__("\n".join(part for part in (title, detail, hint) if part))


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(dir=os.environ[INCOMING]) as folder:
            update = choose(read_updates(sys.stdin), os.environ[BRANCHES].split())
            tree = Path(folder) / "tree"
            check_out(update.new, tree, Path(folder) / "index")
            deploy = upload(tree, update.new)
        return follow(deploy)
    except Refusal as refusal:
        say(f"\n{refusal}\n")
    except BrokenPipeError:
        pass  # the author has left
    except (OSError, http.client.HTTPException) as error:
        say(
            f"\nThe push could not be deployed.\n{error}\n"
            "Push again; if it happens again, tell the operator of this server.\n"
        )
    return 1


def read_updates(lines: Iterable[str]) -> list[Update]:
    return [Update(*line.split()) for line in lines]


def choose(updates: list[Update], branches: list[str]) -> Update:
    """The one update that deploys."""
    for update in updates:
        check_ref(update, branches)
    if len(updates) != 1:
        names = " and ".join(update.ref.removeprefix("refs/heads/") for update in updates)
        raise Refusal(
            "Several branches were pushed at once.",
            f"{names} would deploy one after the other.",
            f"Push the one to deploy: git push portico HEAD:{branches[0]}",
        )
    return updates[0]


def check_ref(update: Update, branches: list[str]) -> None:
    """Raise a Refusal for what does not deploy."""
    deploying = " or ".join(branches)
    kind, _, name = update.ref.removeprefix("refs/").partition("/")
    if kind != "heads" or name not in branches:
        what = {"heads": "branch", "tags": "tag"}.get(kind, "reference")
        raise Refusal(
            f"The {what} {name} does not deploy.",
            f"Only the branch {deploying} is taken.",
            f"To deploy what you have checked out: git push portico HEAD:{branches[0]}",
        )
    if not update.new.strip("0"):
        raise Refusal(
            f"The branch {name} cannot be deleted.",
            "It holds what is deployed.",
            f"To remove the app: portico apps destroy {os.environ[APP]}",
        )


def check_out(commit: str, tree: Path, index: Path) -> None:
    """Write the commit's files to `tree`; raise a Refusal for what cannot be deployed."""
    entries = listed(commit)
    check_entries(entries)
    tree.mkdir()
    environment = os.environ | {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(tree)}
    git("read-tree", commit, environment=environment)
    git("checkout-index", "--all", environment=environment)
    check_pointers(tree, [path for _, path in entries])


def listed(commit: str) -> list[tuple[str, str]]:
    """Mode and path of the commit's files, none of which is written yet.

    A small pack can hold any number of them, of any size, so both are counted first.
    """
    most_files, most_bytes = int(os.environ[MOST_FILES]), int(os.environ[MOST_BYTES])
    entries, number, total = [], 0, 0
    words = ["git", "ls-tree", "-r", "-t", "-l", "-z", commit]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as listing:
        for number, entry in enumerate(records(listing), 1):
            description, _, path = entry.partition("\t")
            mode, kind, _, size = description.split()
            total += int(size) if kind == "blob" else 0
            if number > most_files or total > most_bytes:
                listing.kill()
                raise too_much(number > most_files, most_files, most_bytes)
            if kind != "tree":
                entries.append((mode, path))
    return entries


def records(listing: subprocess.Popen[bytes]) -> Iterator[str]:
    """What a git prints with `-z`. Names are bytes; surrogates carry those that are not UTF-8."""
    assert listing.stdout is not None  # noqa: S101 - it was started with a pipe
    rest = b""
    while piece := listing.stdout.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\0")
        yield from map(os.fsdecode, whole)


def too_much(many: bool, most_files: int, most_bytes: int) -> Refusal:
    found = f"{most_files:,} files and folders" if many else f"{most_bytes:,} bytes"
    return Refusal(
        f"The commit that was pushed {'has too many files' if many else 'is too large'}.",
        f"It has more than {found}, the limit of this server.",
        "Take data and build output out of git, or ask the operator to raise "
        f"{'max_source_files' if many else 'max_unpacked_bytes'}.",
    )


def check_entries(entries: list[tuple[str, str]]) -> None:
    if not entries:
        raise Refusal(
            "There is nothing to deploy.",
            "The commit that was pushed contains no files.",
            "Add your app with git add and git commit, then push again.",
        )
    links = [path for mode, path in entries if mode == GITLINK]
    if links:
        raise Refusal(
            "Submodules cannot be deployed by a push.",
            f"{some(links)} is a link to another repository; its files are not in the push.",
            "Deploy the folder with its files: portico deploy\n"
            f"Or make them part of this repository: git rm --cached {links[0]}, remove "
            f"{links[0]}/.git, git add {links[0]}",
        )


def check_pointers(tree: Path, paths: list[str]) -> None:
    """Files that git-lfs keeps elsewhere would reach the app as three lines of text."""
    pointers = [path for path in paths if is_pointer(tree / path)]
    if pointers:
        raise Refusal(
            "Files kept by Git LFS cannot be deployed by a push.",
            f"{some(pointers)} is a pointer; the content is not in the push.",
            "Deploy the folder with its files: portico deploy\n"
            "Or keep the files in git itself: git lfs migrate export --include='*'",
        )


def is_pointer(file: Path) -> bool:
    status = file.lstat()
    if status.st_size > 1024 or not stat.S_ISREG(status.st_mode):
        return False
    with file.open("rb") as content:
        return content.read(len(LFS_POINTER)) == LFS_POINTER


def upload(tree: Path, commit: str) -> dict[str, object]:
    """Pack the tree into web's deploy API as it goes; the deploy, as the API shows it."""
    connection = connect()
    query = f"create=1&commit={commit}"
    connection.putrequest("POST", f"{api()}/deploys?{query}", skip_accept_encoding=True)
    connection.putheader("Authorization", f"Bearer {os.environ[PUSH]}")
    connection.putheader("Content-Type", "application/gzip")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    try:
        pack(tree, Chunks(connection))
        connection.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before its end; the answer says why
    return answer(connection.getresponse())


class Chunks:
    """Writes go out as the chunks of a request's body."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def write(self, data: bytes) -> int:
        if data:
            self.connection.send(b"%x\r\n%b\r\n" % (len(data), data))
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
    connection = connect()
    headers = {"Authorization": f"Bearer {os.environ[PUSH]}"}
    connection.request("GET", f"{api()}/deploys/{deploy['id']}/log?follow=1", headers=headers)
    last_line: object = None
    for entry in entries_of(connection.getresponse()):
        if "line" in entry:
            last_line = entry["line"]
            say(last_line)
        if isinstance(end := entry.get("deploy"), dict):
            return conclude(end, last_line)
    raise Refusal(
        "The connection to the deploy was lost.",
        "The server is being restarted. The deploy itself goes on.",
        f"See how it goes: portico logs {os.environ[APP]} --build",
    )


def entries_of(response: http.client.HTTPResponse) -> Iterator[dict[str, object]]:
    """The objects of an NDJSON answer; fewer than there should be when web has gone."""
    try:
        while line := response.readline():
            if line.strip():
                yield json.loads(line)
    except (http.client.HTTPException, ConnectionError):
        return


def conclude(deploy: dict[str, object], last_line: object) -> int:
    if deploy["state"] == "live":
        live = f"v{deploy['release']} is live at {deploy['url']}"
        if last_line != live:  # the log ends with it, if its end came through
            say(f"\n{live}\n")
        return 0
    problem = deploy["problem"]
    if isinstance(problem, dict):
        raise Refusal(problem["title"], problem["detail"], problem["hint"])
    raise Refusal(f"The deploy was {deploy['state']}.", "", "")


def answer(response: http.client.HTTPResponse) -> dict[str, object]:
    document: dict[str, object] = json.loads(response.read())
    if response.status >= 400:
        raise Refusal(*(str(document.get(part, "")) for part in ("title", "detail", "hint")))
    return document


def connect() -> http.client.HTTPConnection:
    """A connection to web's own socket."""
    connection = http.client.HTTPConnection("portico")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(os.environ[SOCKET])
    return connection


def api() -> str:
    return f"/-/api/v1/apps/{os.environ[APP]}"


def git(*words: str, environment: dict[str, str]) -> str:
    # Names of files are bytes; surrogates carry those that are not UTF-8 through.
    end = subprocess.run(
        ["git", *words], env=environment, capture_output=True, errors="surrogateescape", check=False
    )
    if end.returncode:
        raise Refusal(
            "The pushed files could not be written.",
            end.stderr.strip()[-500:],
            "If the disk of the server is full, tell the operator; otherwise push again.",
        )
    return end.stdout


def some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} (and {len(paths) - 1} more)"


def say(text: object) -> None:
    print(text, flush=True)  # each line reaches the author as it comes


if __name__ == "__main__":
    sys.exit(main())
