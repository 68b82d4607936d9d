"""The keys that secrets in the database are encrypted with: in a file of web's, or in a setting."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet

from portico.errors import PorticoError

SETTING = "PORTICO_ENCRYPTION_KEYS"
ID_LENGTH = 8


@dataclass(frozen=True)
class Key:
    """`text`: 32 bytes in base64."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Key:
        return cls(Fernet.generate_key().decode())

    @cached_property
    def id(self) -> str:
        """Follows from the key, so that a value tells which key it needs; tells nothing of it."""
        return hashlib.sha256(b"portico key " + self._bytes).hexdigest()[:ID_LENGTH]

    @cached_property
    def fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._bytes))

    @property
    def _bytes(self) -> bytes:
        return base64.b64decode(self.text.translate(_PLAIN_BASE64), validate=True)


_PLAIN_BASE64 = str.maketrans("-_", "+/")


def parse(text: str, place: str) -> tuple[Key, ...]:
    """Keys with commas or line ends between them; a PorticoError for anything else."""
    keys = tuple(map(Key, re.split(r"[\s,]+", text.strip()))) if text.strip() else ()
    for number, key in enumerate(keys, 1):
        if not _is_good(key):
            raise unusable(place, f"Key {number} of {len(keys)} is not 32 bytes in base64.")
    return keys


def read_file(file: Path) -> tuple[Key, ...]:
    """None when there is no file; one that is empty or cannot be read is a PorticoError."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(str(file), f"{error}.") from error
    return parse(text, str(file)) or _refuse_empty(file)


def make_file(file: Path) -> None:
    """Keep a new key there unless there is a file; of two processes at once one is first."""
    with _written(file, (Key.new(),)) as made, suppress(FileExistsError):
        os.link(made, file)
    _sync(file.parent)


def replace_file(file: Path, keys: Sequence[Key]) -> None:
    """Put these in place of what the file holds: all of them or, after a power cut, none."""
    with _written(file, keys) as made:
        made.rename(file)
    _sync(file.parent)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Keep a second change of the keys out until this one is over."""
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PorticoError(
                "The key is being changed already.",
                "Another `portico server rotate-key` is under way.",
                "Wait until it has ended.",
            ) from None
        yield


@contextmanager
def _written(file: Path, keys: Sequence[Key]) -> Iterator[Path]:
    """A file beside it with these keys, on the disk; removed if it was not moved away."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}-")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "w") as half:
            half.writelines(f"{key.text}\n" for key in keys)
            half.flush()
            os.fsync(half.fileno())
        yield made
    finally:
        made.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """A name that a power cut takes back would take all that is encrypted with it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_good(key: Key) -> bool:
    try:
        key.fernet  # noqa: B018 - raises for what is no key
    except (ValueError, binascii.Error):
        return False
    return True


def _refuse_empty(file: Path) -> tuple[Key, ...]:
    raise unusable(str(file), "It is empty.")


def unusable(place: str, found: str) -> PorticoError:
    return PorticoError(
        "The encryption keys cannot be used.",
        f"{place}: {found}",
        "Put the keys back as they were, from your backup. Secrets in the database cannot be read "
        "without them.",
        status=500,
    )
