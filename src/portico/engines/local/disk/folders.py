"""Folders that belong to an app or a build, made and removed without following anybody's links."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import subprocess
from pathlib import Path

from portico.errors import PorticoError

RESULT_LIMIT = 1 << 20
MOST_WORDS = 500  # of one command
# The rest of find's words for what is not a user's; its own folder's content it does not look at.
_OTHERS, _TOPS = ("-prune", "-o", "!", "-uid"), ("-prune", "-print0")
_TWICE = (("-h",), ("-R", "-h"))  # the tops, then all
MOVE = "Move what stands in its place out of the way, then try again."
GIVE_BACK = (
    "The server had other ids when it was made. Give its user the same lines of /etc/subuid and "
    "/etc/subgid again, stop the server and start it; or as root give all of the data folder to "
    "its user with chown -R."
)


def share_folder(path: Path, owner: int | None, group: int | None) -> Path:
    """Make a folder of a user's that one other user may look into, as its group."""
    own_folder(path, owner, 0o750)
    if group is not None:
        os.chown(path, -1, group, follow_symlinks=False)
    return path


def own_folder(path: Path, owner: int | None, mode: int = 0o755) -> Path:
    """Make a folder for a user. Its parents are the engine's: nobody can put a link there.

    One that is another user's, from when the server had other ids, is handed over with all in it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = _made(path)
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except PermissionError as error:
        raise _closed(path, owner, error) from error
    except OSError as error:
        raise _unusable(f"{path}: {error.strerror}.", MOVE) from error
    try:
        if made:
            _give_made(folder, owner, mode)
        else:
            _take_over(path, folder, os.geteuid() if owner is None else owner)
            os.fchmod(folder, mode)
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


def _closed(path: Path, owner: int | None, error: OSError) -> PorticoError:
    """Another user's folder may be closed to who is to take it over."""
    found, wanted = path.lstat().st_uid, os.geteuid() if owner is None else owner
    if found == wanted:
        return _unusable(f"{path}: {error.strerror}.", MOVE)
    return _anothers(path, found, wanted)


def _anothers(path: Path, found: int, wanted: int) -> PorticoError:
    return _unusable(f"{path} belongs to user {found}, not to {wanted}.", GIVE_BACK)


def _made(path: Path) -> bool:
    """Whether it was not there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        return True
    return False


def _give_made(folder: int, owner: int | None, mode: int) -> None:
    os.fchmod(folder, mode)
    if owner is not None:
        os.fchown(folder, owner, owner)


def _take_over(path: Path, folder: int, owner: int) -> None:
    """The folder itself changes hands last: while it has not, not all in it has."""
    found = os.fstat(folder).st_uid
    if found == owner:
        return
    if os.geteuid() != 0:
        raise _anothers(path, found, owner)
    done = subprocess.run(
        ("chown", "-R", "-h", f"{owner}:{owner}", "--", "."),
        cwd=f"/proc/self/fd/{folder}",
        pass_fds=(folder,),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = f"{path} belongs to user {found}: {done.stderr.strip()}"
        raise _unusable(said, GIVE_BACK)


def give_back(folder: Path, but: Path) -> None:
    """Give all below a folder of this process's user to that user, when nobody works on it.

    A tree's top goes first, so that a half-given one is taken over again by whoever uses it next.
    Raises PorticoError when some could not be given; the rest has been.
    """
    found = _run("find", str(folder), "-xdev", "-path", str(but), *_OTHERS, "0", *_TOPS)
    tops = [path for path in found.stdout.split("\0") if path]
    groups = [tops[start : start + MOST_WORDS] for start in range(0, len(tops), MOST_WORDS)]
    said = [_run("chown", *words, "0:0", "--", *some) for some in groups for words in _TWICE]
    failed = [line for done in said for line in done.stderr.splitlines()]
    if failed:
        raise _unusable(f"{len(failed)} could not be given back. The first: {failed[0]}", GIVE_BACK)


def _unusable(found: str, hint: str) -> PorticoError:
    return PorticoError("A folder of the server cannot be used.", found, hint, status=500)


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


def remove_or_warn(path: Path) -> None:
    """For what keeps nobody from going on when some of it stays."""
    try:
        remove(path)
    except PorticoError as error:
        logging.getLogger(__name__).warning("%s", error)


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
