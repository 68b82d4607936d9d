"""Keys as text, as a file, and what a process makes of a file that changes."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from portico.control.encryption.keyring import Keyring
from portico.control.encryption.keys import Key, alone, make_file, parse, read_file, replace_file
from portico.errors import PorticoError

LOST = (
    "Put the keys back as they were, from your backup. Secrets in the database cannot be read "
    "without them."
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path / "keys" / "encryption-keys"


def test_a_key_file_is_made_once_for_its_owner_alone(file: Path) -> None:
    make_file(file)
    first = read_file(file)
    make_file(file)
    assert read_file(file) == first
    assert len(first) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_keys_that_are_replaced_leave_no_other_file(file: Path) -> None:
    make_file(file)
    keys = (Key.new(), Key.new())
    replace_file(file, keys)
    assert read_file(file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_key_may_be_in_either_alphabet_of_base64() -> None:
    key = b"\xfb\xff" * 16
    plain, for_urls = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()
    (first, second) = parse(f"{plain},\n {for_urls}", "here")
    assert first.id == second.id
    assert second.fernet.decrypt(first.fernet.encrypt(b"x")) == b"x"


@pytest.mark.parametrize("bad", ["secret", base64.b64encode(b"short").decode(), "é" * 44])
def test_what_is_no_key_is_not_shown(bad: str) -> None:
    with pytest.raises(PorticoError) as error:
        parse(f"{Key.new().text},{bad}", "PORTICO_ENCRYPTION_KEYS")
    assert error.value.as_dict() == {
        "title": "The encryption keys cannot be used.",
        "detail": "PORTICO_ENCRYPTION_KEYS: Key 2 of 2 is not 32 bytes in base64.",
        "hint": LOST,
    }


def test_a_file_that_is_empty_is_not_one_that_is_absent(file: Path) -> None:
    assert read_file(file) == ()
    file.write_text("\n")
    with pytest.raises(PorticoError) as error:
        read_file(file)
    assert error.value.as_dict() == {
        "title": "The encryption keys cannot be used.",
        "detail": f"{file}: It is empty.",
        "hint": LOST,
    }


def test_a_key_shows_itself_nowhere() -> None:
    key = Key.new()
    assert key.text not in repr(key)
    assert len(key.id) == 8


def test_ciphertext_names_its_key_and_differs_each_time(file: Path) -> None:
    make_file(file)
    ring = Keyring(file)
    once, again = ring.encrypt("é"), ring.encrypt("é")
    assert once != again
    assert {once.partition(":")[0], again.partition(":")[0]} == {ring.current().id}
    assert ring.decrypt(once) == ring.decrypt(again) == "é"


def test_a_process_takes_up_a_new_key_and_forgets_none(file: Path) -> None:
    make_file(file)
    ring = Keyring(file)
    before = ring.encrypt("x")
    new = Key.new()
    replace_file(file, (new, *ring.listed()))
    assert ring.current() == new
    replace_file(file, (new,))
    assert ring.decrypt(before) == "x"
    with pytest.raises(PorticoError) as error:
        Keyring(file).decrypt(before)
    assert error.value.as_dict() == {
        "title": "A secret in the database cannot be read.",
        "detail": f"It needs the key '{before[:8]}', which {file} lacks.",
        "hint": "Restore the database and its keys from one backup.",
    }


def test_keys_of_the_setting_leave_the_file_alone(file: Path) -> None:
    first, second = Key.new(), Key.new()
    sealed = Keyring(file, second.text).encrypt("x")
    ring = Keyring(file, f"{first.text},{second.text}")
    assert (ring.current(), ring.decrypt(sealed)) == (first, "x")
    assert not file.exists()


@pytest.mark.parametrize("plain", ["", "plain text", "postgres://user:secret@host/db"])
def test_what_is_not_encrypted_is_an_error_not_a_value(file: Path, plain: str) -> None:
    make_file(file)
    with pytest.raises(PorticoError) as error:
        Keyring(file).decrypt(plain)
    assert error.value.title == "A secret in the database cannot be read."
    assert "secret@" not in str(error.value)


def test_damaged_ciphertext_is_an_error(file: Path) -> None:
    make_file(file)
    ring = Keyring(file)
    sealed = ring.encrypt("x")
    with pytest.raises(PorticoError) as error:
        ring.decrypt(sealed[:-8] + "AAAAAAA=")
    assert error.value.detail == f"It does not fit the key {ring.current().id}: it was damaged."


def test_one_rotation_at_a_time(file: Path) -> None:
    with alone(file), pytest.raises(PorticoError) as error, alone(file):
        pass
    assert error.value.as_dict() == {
        "title": "The key is being changed already.",
        "detail": "Another `portico server rotate-key` is under way.",
        "hint": "Wait until it has ended.",
    }
