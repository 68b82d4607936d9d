from __future__ import annotations

import stat
from pathlib import Path

from portico.control.secret_key import make_secret_key, secret_key


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    make_secret_key(folder)
    first = secret_key(folder)
    make_secret_key(folder)
    assert secret_key(folder) == first
    assert len(first) == 64
    assert [file.name for file in folder.iterdir()] == ["secret-key"]
    assert stat.S_IMODE((folder / "secret-key").stat().st_mode) == 0o600


def test_without_a_key_each_process_has_one_of_its_own(tmp_path: Path) -> None:
    assert secret_key(tmp_path) != secret_key(tmp_path)
