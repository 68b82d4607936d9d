"""The server's folders with their owners and modes, as docs/architecture.md lists them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from portico.errors import PorticoError
from portico.layout import Layout, Users


@dataclass(frozen=True)
class Folder:
    """A folder as it should be. `uid` and `gid` None: the server's own."""

    path: Path
    mode: int
    uid: int | None = None
    gid: int | None = None


def data_folders(layout: Layout, users: Users) -> tuple[Folder, ...]:
    """What lies in the data folder. Its own mode lets web, router and apps pass, not look."""
    passing = 0o700 if users.base is None else 0o711
    # Without root the agent knows who builds, if there are subordinate ids, and makes it.
    python = () if users.base is None else (Folder(layout.python, passing, *(users.build,) * 2),)
    return (
        Folder(layout.platform_logs, 0o700),
        Folder(layout.web, 0o700, users.web, users.web),
        Folder(layout.router, 0o750, None, users.router),
        Folder(layout.apps, passing),
        *python,
        Folder(layout.stacks, passing),
    )


def runtime_folders(layout: Layout, users: Users) -> tuple[Folder, ...]:
    """What a reboot empties, parents first."""
    passing = 0o700 if users.base is None else 0o711
    return (
        Folder(layout.runtime, passing),
        Folder(layout.web_socket.parent, passing),
        Folder(layout.agent_socket.parent, 0o700),
        Folder(layout.router_admin.parent, 0o700, users.router, users.router),
        Folder(layout.processes, passing),
    )


def prepare_data_folder(layout: Layout, users: Users) -> None:
    """Make the data folder itself. One that holds somebody's other files is not opened up."""
    data = layout.data
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        make(Folder(data, 0o700 if users.base is None else 0o711), keep_mode=_is_foreign(layout))
    except OSError as error:
        raise PorticoError(
            "The data folder cannot be made.",
            f"{data}: {error.strerror}.",
            "Choose one that you may write to with --data.",
        ) from error


def prepare(layout: Layout, users: Users) -> None:
    """Make every folder below the data folder and the runtime folder."""
    parent = layout.runtime.parent
    shared = Folder(parent, 0o755 if users.base is not None else 0o700)
    try:
        make(shared, keep_mode=True)
        for folder in (*data_folders(layout, users), *runtime_folders(layout, users)):
            make(folder)
    except OSError as error:
        raise PorticoError(
            "A folder of the server cannot be made.",
            f"{error.filename}: {error.strerror}.",
            "Free the disk or correct the permissions, then start the server again. The folder "
            "for sockets follows from XDG_RUNTIME_DIR; unset it when it is another user's.",
        ) from error


def make(folder: Folder, *, keep_mode: bool = False) -> None:
    """Make a folder, or check that it is the one expected: no link, and of the right owner."""
    uid = os.geteuid() if folder.uid is None else folder.uid
    try:
        folder.path.mkdir(mode=0o700)
        os.chown(folder.path, uid, os.getegid() if folder.gid is None else folder.gid)
        folder.path.chmod(folder.mode)
    except FileExistsError:
        found = folder.path.lstat()
        if _was_interrupted(folder.path, found, uid):
            os.chown(folder.path, uid, os.getegid() if folder.gid is None else folder.gid)
            found = folder.path.lstat()
        _require_own(folder.path, found, uid)
        if not keep_mode and stat.S_IMODE(found.st_mode) != folder.mode:
            folder.path.chmod(folder.mode)


def _was_interrupted(path: Path, found: os.stat_result, uid: int) -> bool:
    """Whether a server died between making this folder and giving it away."""
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() != uid
    return mine and not any(path.iterdir())


def _require_own(path: Path, found: os.stat_result, uid: int) -> None:
    if not stat.S_ISDIR(found.st_mode):
        raise PorticoError(
            "Something else stands where the server needs a folder.",
            f"{path} is not a folder.",
            "Move it away, or choose another data folder with --data.",
        )
    if found.st_uid != uid or (found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX):
        raise PorticoError(
            "A folder that the server needs is not its own.",
            f"{path} belongs to user {found.st_uid} with mode {stat.S_IMODE(found.st_mode):o}; "
            f"user {uid} is expected, and nobody else who may write.",
            "Start the server as the user who started it before, or choose another --data.",
        )


def _is_foreign(layout: Layout) -> bool:
    return layout.data.is_dir() and not layout.lock.exists() and any(layout.data.iterdir())
