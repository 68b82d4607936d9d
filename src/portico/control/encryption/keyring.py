"""The keys at hand in this process; encrypts with the first of them."""

from __future__ import annotations

import functools
from pathlib import Path

from cryptography.fernet import InvalidToken

from portico.control import instance
from portico.control.encryption.keys import (
    ID_LENGTH,
    SETTING,
    Key,
    parse,
    read_file,
    unusable,
)
from portico.errors import PorticoError

FILE = "encryption-keys"


def keyring() -> Keyring:
    """This server's."""
    return _keyring(instance.layout().web / FILE, instance.server().encryption_keys)


@functools.lru_cache(maxsize=8)
def _keyring(file: Path, setting: str) -> Keyring:
    return Keyring(file, setting)


class Keyring:
    """Takes up what becomes of the file while the process runs. It forgets no key: somebody may
    have read a value just before it was encrypted anew."""

    def __init__(self, file: Path, setting: str = "") -> None:
        self.file = file
        self.setting = setting
        self._seen: tuple[int, ...] | None = None
        self._listed: tuple[Key, ...] = parse(setting, SETTING)
        self._known = {key.id: key for key in self._listed}

    @property
    def place(self) -> str:
        return SETTING if self.setting else str(self.file)

    def listed(self) -> tuple[Key, ...]:
        """As the file, or the setting, has them now."""
        if not self.setting and self._seen != (now := self._signature()):
            self._listed = read_file(self.file)
            self._known |= {key.id: key for key in self._listed}
            self._seen = now
        return self._listed

    def current(self) -> Key:
        """What is encrypted now is encrypted with this one."""
        if not (keys := self.listed()):
            raise unusable(self.place, "There is no key.")
        return keys[0]

    def encrypt(self, text: str) -> str:
        key = self.current()
        return f"{key.id}:{key.fernet.encrypt(text.encode()).decode()}"

    def decrypt(self, sealed: str) -> str:
        """A PorticoError for what was encrypted with another key, or not at all."""
        name, _, token = sealed.partition(":")
        if name not in self._known:
            self.listed()
        key = self._known.get(name)
        if key is None:
            raise unreadable(f"It needs the key {name[:ID_LENGTH]!r}, which {self.place} lacks.")
        try:
            return key.fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise unreadable(f"It does not fit the key {name}: it was damaged.") from None

    def _signature(self) -> tuple[int, ...] | None:
        """Differs when the file was replaced."""
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def unreadable(found: str) -> PorticoError:
    return PorticoError(
        "A secret in the database cannot be read.",
        found,
        "Restore the database and its keys from one backup.",
        status=500,
    )
