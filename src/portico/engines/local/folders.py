"""Folders that belong to an app or a build, made and removed without following anybody's links."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from pathlib import Path

from portico.errors import PorticoError

RESULT_LIMIT = 1 << 20


def own_folder(path: Path, owner: int | None, mode: int = 0o755) -> Path:
    """Make a folder for a user. Its parents are the engine's: nobody can put a link there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir()
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise PorticoError(
            "A folder of the server cannot be used.",
            f"{path}: {error.strerror}.",
            "Move what stands in its place out of the way, then try again.",
            status=500,
        ) from error
    try:
        os.fchmod(folder, mode)
        if owner is not None:
            os.fchown(folder, owner, owner)
    finally:
        os.close(folder)
    return path


def own_file(path: Path, owner: int | None) -> None:
    """Make an empty file for a user, in a folder of the engine's or of the shared builder's."""
    flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        if owner is not None:
            os.fchown(file, owner, owner)
    finally:
        os.close(file)


def give_file(path: Path, owner: int | None) -> None:
    """Make a file of the agent's readable for a user alone."""
    if owner is None:
        return
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(file, owner, owner)
    finally:
        os.close(file)


def remove(path: Path) -> None:
    """Remove a tree that others have filled; nothing happens when it is gone.

    `rm` walks trees of any depth by descriptors; Python's own walk ends at its recursion limit.
    """
    if not os.path.lexists(path):
        return
    done = _run("/bin/rm", "-rf", "--one-file-system", "--", str(path))
    if done.returncode != 0:
        if os.geteuid() != 0:  # an ordinary user is stopped by folders without permissions
            _run("/bin/chmod", "-R", "u+rwx", "--", str(path))
        _run("/bin/rm", "-rf", "--one-file-system", "--", str(path), check=True)


def _run(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise PorticoError(
            "Files of the server could not be removed.",
            done.stderr.strip(),
            f"Remove {words[-1]} by hand.",
            status=500,
        )
    return done


def read_result(folder: Path) -> str:
    """The untrusted result.json that a build step left: a plain file of bounded size, else ''."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(folder / "result.json", flags)
    except OSError:
        return ""
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > RESULT_LIMIT:
            return ""
        return os.read(file, RESULT_LIMIT).decode(errors="replace")
    finally:
        os.close(file)
