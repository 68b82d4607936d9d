"""Byte code of packages: made once for the same sources, never another's."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from portico.builder.bytecode import compile_packages
from tests.builder.apps import write

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
SHELF = {"shelf/__init__.py": "", "shelf/books.py": "def said():\n    return 'honest'\n"}


def environment(folder: Path, files: dict[str, str]) -> Path:
    """What uv leaves: packages without byte code."""
    write(packages(folder), files)
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(sys.executable)
    return folder


def packages(environment: Path) -> Path:
    return environment / "lib" / PYTHON / "site-packages"


def compiled(environment: Path, source: str) -> Path:
    return Path(importlib.util.cache_from_source(str(packages(environment) / source)))


def said(environment: Path) -> str:
    program = f"import sys; sys.path.insert(0, {str(packages(environment))!r}); "
    program += (
        "import shelf.books; print(shelf.books.said(), shelf.books.said.__code__.co_filename)"
    )
    command = [sys.executable, "-B", "-I", "-S", "-c", program]
    word, file = subprocess.check_output(command, text=True).split()
    assert file == str(packages(environment) / "shelf/books.py")
    return word


def test_the_second_environment_gets_the_byte_code_of_the_first(tmp_path: Path):
    one, two = (environment(tmp_path / name, {**SHELF, "alone.py": "x = 1\n"}) for name in "ab")
    for made in (one, two):
        compile_packages(made, tmp_path / "cache")
    for source in ("shelf/__init__.py", "shelf/books.py", "alone.py"):
        assert compiled(one, source).samefile(compiled(two, source))
    assert said(one) == said(two) == "honest"


def test_it_is_used_whenever_its_source_was_written(tmp_path: Path):
    one, two = (environment(tmp_path / name, SHELF) for name in "ab")
    compile_packages(one, tmp_path / "cache")
    os.utime(packages(two) / "shelf/books.py", (1, 1))
    compile_packages(two, tmp_path / "cache")
    flags = int.from_bytes(compiled(two, "shelf/books.py").read_bytes()[4:8], "little")
    assert flags == 0b01  # by hash, and not to be checked
    assert said(two) == "honest"


def test_other_sources_of_the_same_name_have_other_byte_code(tmp_path: Path):
    one = environment(tmp_path / "a", SHELF)
    two = environment(
        tmp_path / "b", {**SHELF, "shelf/books.py": "def said():\n    return 'new'\n"}
    )
    for made in (one, two):
        compile_packages(made, tmp_path / "cache")
    assert (said(one), said(two)) == ("honest", "new")


@pytest.mark.parametrize("source", ["def said():\n    return 'honest'\n", "no Python {{ here }}\n"])
def test_what_a_package_brings_along_gets_into_no_other_environment(tmp_path: Path, source: str):
    one, two = (environment(tmp_path / name, {**SHELF, "shelf/books.py": source}) for name in "ab")
    planted = tmp_path / "planted.py"
    planted.write_text("def said():\n    return 'planted'\n")
    os.utime(planted, (1, 1))
    os.utime(packages(one) / "shelf/books.py", (1, 1))
    for name in ("shelf/books.py", "shelf/ghost.py"):
        py_compile.compile(str(planted), str(compiled(one, name)))
    for made in (one, two):
        compile_packages(made, tmp_path / "cache")
        assert not compiled(made, "shelf/ghost.py").exists()
    if "honest" in source:
        assert said(two) == "honest"
    else:
        assert not compiled(two, "shelf/books.py").exists()


def test_two_at_once_do_not_break_each_other(tmp_path: Path):
    made = [environment(tmp_path / str(number), SHELF) for number in range(4)]
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(compile_packages, made, [tmp_path / "cache"] * 4))
    assert [said(one) for one in made] == ["honest"] * 4
    (entry,) = (tmp_path / "cache" / PYTHON).iterdir()
    assert len(entry.name) == 64


def test_copies_what_cannot_be_linked(tmp_path: Path):
    one, two = (environment(tmp_path / name, SHELF) for name in "ab")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as cache:
        for made in (one, two):
            compile_packages(made, Path(cache))
    assert not compiled(one, "shelf/books.py").samefile(compiled(two, "shelf/books.py"))
    assert said(two) == "honest"


def test_odd_files_of_packages_stop_nothing(tmp_path: Path):
    odd = {"odd.py/inner.py": "", "a/b.py": "", "a/__pycache__": "a file", "c/d.py": ""}
    one = environment(tmp_path / "a", {**SHELF, **odd})
    (packages(one) / "lost.py").symlink_to("/nowhere.py")
    (tmp_path / "precious").mkdir()
    (packages(one) / "c/__pycache__").symlink_to(tmp_path / "precious")
    compile_packages(one, tmp_path / "cache")
    assert said(one) == "honest"
    assert compiled(one, "a/b.py").is_file()
    assert compiled(one, "c/d.py").is_file()
    assert list((tmp_path / "precious").iterdir()) == []


def test_without_a_cache_all_is_compiled_in_place(tmp_path: Path):
    one = environment(tmp_path / "a", SHELF)
    compile_packages(one, None)
    assert compiled(one, "shelf/books.py").is_file()
