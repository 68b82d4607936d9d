"""Packing a source."""

from __future__ import annotations

import errno
import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from portico.cli.archive import packed
from portico.errors import PorticoError


def digest(folder: Path, paths: list[str]) -> str:
    with packed(folder, paths) as (archive, _):
        return hashlib.sha256(archive.read()).hexdigest()


def test_holds_contents_modes_and_links_but_no_owners_and_times(tmp_path):
    (tmp_path / "run.sh").write_text("echo\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "é.txt").write_bytes(b"x" * 100_000)
    (tmp_path / "sub" / "é.txt").chmod(0o640)
    (tmp_path / "link").symlink_to("../outside")
    paths = ["sub/é.txt", "run.sh", "link"]
    with packed(tmp_path, paths) as (archive, size), tarfile.open(fileobj=archive) as tar:
        assert size > 0
        found = {m.name: (m.mode, m.size, m.linkname, m.uid, m.uname, m.mtime) for m in tar}
    assert found == {
        "link": (0o777, 0, "../outside", 0, "", 0),
        "run.sh": (0o755, 5, "", 0, "", 0),
        "sub/é.txt": (0o640, 100_000, "", 0, "", 0),
    }
    assert list(found) == sorted(found)


def test_the_same_files_make_the_same_bytes(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    before = digest(tmp_path, ["a", "b"])
    os.utime(tmp_path / "a", (1, 1))
    assert digest(tmp_path, ["b", "a"]) == before
    (tmp_path / "a").write_text("c")
    assert digest(tmp_path, ["a", "b"]) != before


def test_tells_how_far_it_is(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    told: list[int] = []
    with packed(tmp_path, ["a", "b"], told.append):
        assert told == [1, 2]


def test_a_large_source_goes_to_the_disk(tmp_path):
    (tmp_path / "big").write_bytes(os.urandom(9 << 20))
    with packed(tmp_path, ["big"]) as (archive, size):
        assert size > 8 << 20
        assert isinstance(archive.fileno(), int)


def test_names_that_are_no_utf8_survive(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    (tmp_path / name).write_text("x")
    with packed(tmp_path, [name]) as (archive, _), tarfile.open(fileobj=archive) as tar:
        assert tar.getnames() == [name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_an_error(tmp_path):
    (tmp_path / "secret").touch(mode=0)
    with pytest.raises(PorticoError) as caught, packed(tmp_path, ["secret"]):
        pass
    assert str(caught.value) == (
        "secret cannot be read.\n"
        "Permission denied.\n"
        "Make it readable for your user, or put it into .gitignore."
    )


def test_a_file_that_has_gone_is_an_error(tmp_path):
    with pytest.raises(PorticoError) as caught, packed(tmp_path, ["gone"]):
        pass
    assert str(caught.value) == (
        "gone cannot be read.\n"
        "No such file or directory.\n"
        "Make it readable for your user, or put it into .gitignore."
    )


def test_a_file_that_shrinks_meanwhile_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "log").write_text("x" * 10)
    real = os.fstat

    def taller(descriptor: int) -> os.stat_result:
        status = list(real(descriptor))
        status[6] += 1
        return os.stat_result(status)

    monkeypatch.setattr("portico.cli.archive.os.fstat", taller)
    with pytest.raises(PorticoError) as caught, packed(tmp_path, ["log"]):
        pass
    assert str(caught.value) == (
        "log became shorter while it was being packed.\n"
        "Something is writing to it at this moment.\n"
        "Stop what writes to it, or put it into .gitignore; then deploy again."
    )


def test_a_full_disk_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("a")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("gzip.GzipFile.write", full)
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    with pytest.raises(PorticoError) as caught, packed(tmp_path, ["a"]):
        pass
    assert str(caught.value) == (
        "The folder could not be packed.\n"
        "Writing the archive to /tmp failed: No space left on device.\n"
        "Make room there, or set TMPDIR to a folder that has some."
    )
