import os
from pathlib import Path

from portico.supervisor.logs import open_log, rotate


def test_a_log_is_appended_to(tmp_path: Path):
    for word in (b"one\n", b"two\n"):
        descriptor = open_log(tmp_path / "web.log")
        os.write(descriptor, word)
        os.close(descriptor)
    assert (tmp_path / "web.log").read_text() == "one\ntwo\n"
    assert (tmp_path / "web.log").stat().st_mode & 0o077 == 0


def test_a_full_log_is_kept_as_one_and_its_writer_goes_on(tmp_path: Path):
    path = tmp_path / "web.log"
    descriptor = open_log(path)
    os.write(descriptor, b"old" * 10)
    rotate(path, largest=20)
    os.write(descriptor, b"new")
    os.close(descriptor)
    assert path.read_text() == "new"
    assert (tmp_path / "web.log.1").read_text() == "old" * 10


def test_a_log_that_is_not_full_stays(tmp_path: Path):
    path = tmp_path / "web.log"
    path.write_text("short")
    rotate(path, largest=20)
    assert [p.name for p in tmp_path.iterdir()] == ["web.log"]


def test_a_full_log_that_cannot_be_copied_grows_on(tmp_path: Path):
    path = tmp_path / "web.log"
    path.write_text("old" * 10)
    (tmp_path / "web.log.1").mkdir()
    rotate(path, largest=20)
    assert path.read_text() == "old" * 10
