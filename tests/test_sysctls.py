"""What a server changes of the machine's settings can be put back."""

from __future__ import annotations

from pathlib import Path

from portico.sysctls import change, remembered, restore


def test_what_was_changed_comes_back_as_it_was_before_the_first_change(tmp_path: Path):
    file = tmp_path / "remembered.json"
    for name, value in (("a", "0\n"), ("b", "128\n"), ("link", "1\n")):
        (tmp_path / name).write_text(value)
    change(tmp_path, file, {"a": "1", "link": "2"})
    change(tmp_path, file, {"b": "65536", "a": "1"})
    assert remembered(file) == {"a": "0", "b": "128", "link": "1"}
    (tmp_path / "link").unlink()
    restore(tmp_path, file)
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"a": "0", "b": "128"}


def test_nothing_changed_is_nothing_to_restore(tmp_path: Path):
    restore(tmp_path, tmp_path / "remembered.json")
    assert list(tmp_path.iterdir()) == []
