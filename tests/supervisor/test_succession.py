"""What a supervisor goes on as."""

from __future__ import annotations

from pathlib import Path

from portico.supervisor.succession import successor


def test_it_goes_on_as_the_current_version(tmp_path: Path):
    old = tmp_path / "versions/0.1.0/bin/python"
    assert successor(str(old)) == str(old)
    (tmp_path / "current").symlink_to(tmp_path / "versions/0.2.0")
    assert successor(str(old)) == str(tmp_path / "versions/0.2.0/bin/python")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("versions/0.3.0")
    assert successor(str(old)) == str(tmp_path / "versions/0.3.0/bin/python")


def test_elsewhere_it_stays_what_it_is(tmp_path: Path):
    (tmp_path / "current").symlink_to(tmp_path)
    python = str(tmp_path / "checkout/.venv/bin/python")
    assert successor(python) == python
