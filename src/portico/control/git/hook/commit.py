"""A commit's files, written out of git's quarantine once they have shown to be deployable."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from portico.control.git.hook.variables import MOST_BYTES, MOST_FILES
from portico.errors import PorticoError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
GITLINK = "160000"


def check_out(commit: str, tree: Path, index: Path) -> None:
    """Write the commit's files to `tree`; raise a PorticoError for what cannot be deployed."""
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


def too_much(many: bool, most_files: int, most_bytes: int) -> PorticoError:
    found = f"{most_files:,} files and folders" if many else f"{most_bytes:,} bytes"
    return PorticoError(
        f"The commit that was pushed {'has too many files' if many else 'is too large'}.",
        f"It has more than {found}, the limit of this server.",
        "Take data and build output out of git, or ask the operator to raise "
        f"{'max_source_files' if many else 'max_unpacked_bytes'}.",
    )


def check_entries(entries: list[tuple[str, str]]) -> None:
    if not entries:
        raise PorticoError(
            "There is nothing to deploy.",
            "The commit that was pushed contains no files.",
            "Add your app with git add and git commit, then push again.",
        )
    links = [path for mode, path in entries if mode == GITLINK]
    if links:
        raise PorticoError(
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
        raise PorticoError(
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


def git(*words: str, environment: dict[str, str]) -> str:
    # Names of files are bytes; surrogates carry those that are not UTF-8 through.
    end = subprocess.run(
        ["git", *words], env=environment, capture_output=True, errors="surrogateescape", check=False
    )
    if end.returncode:
        raise PorticoError(
            "The pushed files could not be written.",
            end.stderr.strip()[-500:],
            "If the disk of the server is full, tell the operator; otherwise push again.",
        )
    return end.stdout


def some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} (and {len(paths) - 1} more)"
