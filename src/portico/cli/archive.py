"""Packs a source: a tar.gz that is the same, byte for byte, as long as the files are.

No owner and no time go in: an unpacked file has the time of its build, so that servers and browsers
that tell versions by it see a new one.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from portico.cli.files import unreadable
from portico.errors import PorticoError

# Smaller archives stay in memory.
SPOOLED = 8 << 20


@contextmanager
def packed(
    folder: Path, paths: Sequence[str], told: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[IO[bytes], int]]:
    """The archive at its beginning, and its size; `told` hears how many files are in it."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
        try:
            _pack(folder, paths, spool, told)
            size = spool.seek(0, os.SEEK_END)
            spool.seek(0)
        except OSError as error:
            raise _no_room(error) from error
        yield spool, size


def _pack(
    folder: Path, paths: Sequence[str], spool: IO[bytes], told: Callable[[int], None]
) -> None:
    with (
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=spool, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for number, path in enumerate(sorted(paths), 1):
            _add(archive, folder, path)
            told(number)


def _add(archive: tarfile.TarFile, folder: Path, path: str) -> None:
    file = folder / path
    try:
        if file.is_symlink():
            archive.addfile(_link(path, file))
            return
        opened = file.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with opened:
        _add_content(archive, path, opened)


def _add_content(archive: tarfile.TarFile, path: str, opened: IO[bytes]) -> None:
    status = os.fstat(opened.fileno())
    member = tarfile.TarInfo(path)
    member.mode = status.st_mode & 0o777
    member.size = status.st_size
    try:
        archive.addfile(member, opened)
    except OSError as error:
        if opened.tell() < status.st_size and error.errno is None:
            raise _changed(path) from error
        raise


def _link(path: str, file: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = tarfile.SYMTYPE
    member.mode = 0o777
    member.linkname = str(file.readlink())
    return member


def _changed(path: str) -> PorticoError:
    return PorticoError(
        f"{path} became shorter while it was being packed.",
        "Something is writing to it at this moment.",
        "Stop what writes to it, or put it into .gitignore; then deploy again.",
    )


def _no_room(error: OSError) -> PorticoError:
    return PorticoError(
        "The folder could not be packed.",
        f"Writing the archive to {tempfile.gettempdir()} failed: {error.strerror or error}.",
        "Make room there, or set TMPDIR to a folder that has some.",
    )
