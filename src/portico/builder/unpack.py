"""Unpacks a source archive that nobody has looked at yet.

Each byte is counted as it comes, no size in a header is believed, and nothing is ever written
through a link. The first thing that is wrong ends the build; the sandbox and the half-made tree are
thrown away.
"""

from __future__ import annotations

import errno
import gzip
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from portico.errors import PorticoError

_PIECE = 1 << 18
# Headers and padding of one member, with room for long names.
_HEADERS = 4096
# Python's own walks through folders end at its recursion limit.
DEEPEST = 200
_KINDS = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a named pipe",
}


def unpack(archive: Path, into: Path, most_bytes: int, most_files: int) -> None:
    """Unpack a tar.gz into an existing folder. Raises PorticoError at whatever it refuses."""
    try:
        with gzip.open(archive) as stream:
            bounded = _Bounded(stream, most_bytes, most_bytes + most_files * _HEADERS)
            with tarfile.open(fileobj=bounded, mode="r|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
                _Tree(into, most_bytes, most_files).take(tar)
            bounded.drain()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise _unreadable(str(error)) from None
    except MemoryError:
        raise _unreadable("a header in it is too long") from None
    _refuse_links_out(into)


class _Readable(Protocol):
    def read(self, size: int) -> bytes: ...


class _Bounded:
    """A stream that ends the build once more comes out of it than is allowed."""

    def __init__(self, stream: _Readable, allowed: int, most: int) -> None:
        self._stream = stream
        self._allowed = allowed
        self._left = most

    def read(self, size: int = _PIECE) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._allowed)
        return piece

    def drain(self) -> None:
        """Read to the end, where gzip compares its checksum."""
        while self.read():
            pass


class _Tree:
    """The folder that is being filled."""

    def __init__(self, root: Path, most_bytes: int, most_files: int) -> None:
        self._root = root
        self._allowed = most_bytes
        self._bytes_left = most_bytes
        self._most_files = most_files
        self._folders = {""}
        self._count = 0

    def take(self, tar: tarfile.TarFile) -> None:
        for member in _members(tar):
            self._count += 1
            if self._count > self._most_files:
                raise _too_many(self._most_files)
            if name := _clean(member.name):
                self._place(tar, member, name)

    def _place(self, tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        if member.isdir():
            self._folder(name)
            return
        self._folder(posixpath.dirname(name))
        target = self._free(name)
        if member.issym():
            self._link(member, target)
        elif member.islnk():
            self._hard_link(member, target)
        elif member.isreg():
            self._file(tar, member, target)
        else:
            raise _refused(name, f"it is {_KINDS.get(member.type, 'of an unknown kind')}")

    def _folder(self, name: str) -> None:
        """Make a folder and those above it. None of them may be a link."""
        if name in self._folders:
            return
        self._folder(posixpath.dirname(name))
        path = self._root / name
        try:
            path.mkdir()
        except FileExistsError:
            raise _refused(
                name, "it is a folder where the archive also has a file or a link"
            ) from None
        except OSError as error:
            raise _unwritable(name, error) from None
        self._folders.add(name)

    def _free(self, name: str) -> Path:
        """The path for a member; an earlier one of the same name makes way, as in tar."""
        if name in self._folders:
            raise _refused(name, "a folder of that name came before it")
        path = self._root / name
        path.unlink(missing_ok=True)
        return path

    def _link(self, member: tarfile.TarInfo, target: Path) -> None:
        if posixpath.isabs(member.linkname):
            raise _refused(member.name, f"it is a link to {shown(member.linkname)}, outside of it")
        try:
            target.symlink_to(member.linkname)
        except OSError as error:
            raise _unwritable(member.name, error) from None

    def _hard_link(self, member: tarfile.TarInfo, target: Path) -> None:
        name = _clean(member.linkname)
        origin = self._root / name
        if posixpath.dirname(name) not in self._folders or not _is_own(origin):
            raise _refused(member.name, "it is a hard link to something that is not in the archive")
        try:
            os.link(origin, target)
        except OSError as error:
            raise _unwritable(member.name, error) from None

    def _file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
        source = tar.extractfile(member)
        mode = 0o755 if member.mode & 0o111 else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            descriptor = os.open(target, flags, mode)
        except OSError as error:
            raise _unwritable(member.name, error) from None
        with os.fdopen(descriptor, "wb") as file:
            while source and (piece := source.read(_PIECE)):
                self._bytes_left -= len(piece)
                if self._bytes_left < 0:
                    raise too_large(self._allowed)
                file.write(piece)


def _is_own(path: Path) -> bool:
    return path.exists() and not path.is_symlink()


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while member := tar.next():
        yield member
        # Otherwise the reader keeps every member in memory.
        tar.members = []  # type: ignore[attr-defined]


def _clean(name: str) -> str:
    """A member's name inside the tree, '' for the root itself."""
    if "\0" in name or posixpath.isabs(name):
        raise _refused(name, "its name is absolute")
    if ".." in name.split("/"):
        raise _refused(name, "its name leads out of the folder")
    cleaned = posixpath.normpath(name)
    if cleaned.count("/") > DEEPEST:
        raise _refused(name, f"it lies more than {DEEPEST} folders deep")
    return "" if cleaned == "." else cleaned


def _refuse_links_out(root: Path) -> None:
    real = os.path.realpath(root)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and not _inside(os.path.realpath(path), real):
                relative = path.relative_to(root)
                raise _refused(
                    str(relative), f"it is a link to {shown(str(path.readlink()))}, outside of it"
                )


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def shown(text: str) -> str:
    """A name from an archive, safe to print."""
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return printable if len(printable) <= 200 else f"{printable[:200]}..."


def too_large(most_bytes: int) -> PorticoError:
    return PorticoError(
        "The source is too large.",
        f"Unpacked it takes more than {_size(most_bytes)}, the limit of this server.",
        "Leave out data and build output with a .gitignore file, or ask the operator to raise "
        "max_unpacked_bytes.",
    )


def _too_many(most_files: int) -> PorticoError:
    return PorticoError(
        "The source has too many files.",
        f"It has more than {most_files:,} files and folders, the limit of this server.",
        "Leave out virtual environments, node_modules and data with a .gitignore file, or ask the "
        "operator to raise max_source_files.",
    )


def _refused(name: str, reason: str) -> PorticoError:
    return PorticoError(
        "The source archive was refused.",
        f"It contains {shown(name)}; {reason}.",
        "Remove it from the app's folder and deploy again.",
    )


def _unwritable(name: str, error: OSError) -> PorticoError | OSError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return error
    return _refused(name, f"it cannot be written here ({error.strerror})")


def _unreadable(reason: str) -> PorticoError:
    return PorticoError(
        "The source archive cannot be read.",
        f"It is damaged or not a tar.gz archive: {shown(reason)}.",
        "Deploy again with `portico deploy` or `git push`, which make the archive themselves.",
    )


def _size(count: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.4g} {unit}"
    return f"{count} bytes"
