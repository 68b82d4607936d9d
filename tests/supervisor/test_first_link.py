"""Reads from a folder that is another user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portico.supervisor.first_link import taken_line

LINK = "http://portico.example/-/accounts/first/x/"


def test_the_line_is_taken_once(tmp_path: Path) -> None:
    file = tmp_path / "first-link"
    file.write_text(f"{LINK}\n")
    assert taken_line(file) == LINK
    assert not file.exists()
    assert taken_line(file) == ""


@pytest.mark.parametrize("text", [b"", b"\n", b"a\nb", b"\x1b[2J", b"\xff" * 9, b"\0"])
def test_what_is_no_line_is_not_said(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "first-link"
    file.write_bytes(text)
    assert taken_line(file).strip("\ufffd") == ""


def test_what_is_no_file_is_left(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root's")
    (tmp_path / "link").symlink_to(secret)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        assert taken_line(tmp_path / name) == ""
    assert secret.read_text() == "root's"
