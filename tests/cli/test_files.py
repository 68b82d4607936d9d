"""Which files make up a source."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.cli import files


def write(folder: Path, *paths: str, text: str = "x") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def git(folder: Path, *words: str) -> None:
    person = ("-c", "user.name=Alice", "-c", "user.email=alice@example.org")
    subprocess.run(["git", *person, *words], cwd=folder, check=True, capture_output=True)


def test_nested_rules_and_exceptions_count_and_git_is_left_out(tmp_path):
    write(tmp_path, "app.py", "a.log", "keep.log", "sub/b.log", "sub/x.tmp", "build/out")
    write(tmp_path, ".git/config", "sub/.git")
    write(tmp_path, ".gitignore", text="*.log\n!keep.log\nbuild/\n")
    write(tmp_path, "sub/.gitignore", text="*.tmp\n!b.log\n")
    expected = [".gitignore", "app.py", "keep.log", "sub/.gitignore", "sub/b.log"]
    assert files.by_rules(tmp_path) == expected
    assert files.listed(tmp_path) == expected


def test_inside_a_work_tree_what_is_tracked_stays_in_and_what_was_removed_is_out(tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path, "app.py", "tracked.log", "gone.py")
    git(tmp_path, "add", ".")
    (tmp_path / "gone.py").unlink()
    write(tmp_path, ".gitignore", text="*.log\n")
    write(tmp_path, "other.log", "new.py")
    assert files.listed(tmp_path) == [".gitignore", "app.py", "new.py", "tracked.log"]


def test_a_folder_inside_a_work_tree_obeys_the_rules_above_it(tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path, "site/app.py", "site/a.log", "other/b.py")
    write(tmp_path, ".gitignore", text="*.log\n")
    assert files.listed(tmp_path / "site") == ["app.py"]


def test_a_folder_that_git_ignores_is_taken_by_its_own_rules(tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path, ".gitignore", text="scratch/\n")
    write(tmp_path, "scratch/app.py", "scratch/a.log")
    write(tmp_path, "scratch/.gitignore", text="*.log\n")
    assert files.listed(tmp_path / "scratch") == [".gitignore", "app.py"]


def test_excludes_of_the_machine_do_not_count(home):
    folder = home / "folder"
    write(folder, "a.log", "b.swp")
    git(folder, "init", "-q")
    write(folder, ".git/info/exclude", text="*.log\n")
    write(home, ".config/git/ignore", text="*.swp\n")
    assert files.listed(folder) == ["a.log", "b.swp"]


def test_repositories_inside_are_taken_along(tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path, "app.py", "inner/lib.py", "inner/a.log")
    write(tmp_path, "inner/.gitignore", text="*.log\n")
    git(tmp_path / "inner", "init", "-q")
    assert files.listed(tmp_path) == ["app.py", "inner/.gitignore", "inner/lib.py"]


def test_an_empty_submodule_is_explained(tmp_path):
    write(tmp_path, "lib/lib.py", "top/app.py")
    for folder in (tmp_path / "lib", tmp_path / "top"):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "x")
    top = tmp_path / "top"
    git(top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../lib", "lib")
    git(top, "submodule", "--quiet", "deinit", "-f", "lib")
    with pytest.raises(files.PorticoError) as caught:
        files.listed(top)
    assert str(caught.value) == (
        "The submodule lib is empty.\n"
        "Git knows of it, but its files were never fetched.\n"
        "Fetch them: `git submodule update --init --recursive`."
    )


def test_files_in_the_place_of_a_submodule_are_taken_as_they_are(tmp_path):
    write(tmp_path, "lib/lib.py", "top/app.py")
    for folder in (tmp_path / "lib", tmp_path / "top"):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "x")
    top = tmp_path / "top"
    git(top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../lib", "lib")
    git(top, "submodule", "--quiet", "deinit", "-f", "lib")
    write(top, "lib/own.py")
    assert files.listed(top) == [".gitmodules", "app.py", "lib/own.py"]
    assert files.listed(top / "lib") == ["own.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every folder")
def test_an_unreadable_folder_is_an_error(tmp_path):
    write(tmp_path, "app.py")
    (tmp_path / "secret").mkdir(mode=0)
    with pytest.raises(files.PorticoError) as caught:
        files.listed(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/secret cannot be read.\n"
        "Permission denied.\n"
        "Make it readable for your user, or put it into .gitignore."
    )


def test_links_are_files_and_pipes_are_none(tmp_path):
    write(tmp_path, "real/app.py")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert files.by_rules(tmp_path) == ["broken", "link", "real/app.py"]
    git(tmp_path, "init", "-q")
    assert files.listed(tmp_path) == ["broken", "link", "real/app.py"]


def test_names_of_any_bytes_are_listed(tmp_path):
    write(tmp_path, os.fsdecode(b"caf\xe9.py"), "new\nline.py", "é.py")
    expected = sorted([os.fsdecode(b"caf\xe9.py"), "new\nline.py", "é.py"])
    assert files.by_rules(tmp_path) == expected
    git(tmp_path, "init", "-q")
    assert files.listed(tmp_path) == expected


def test_a_repository_of_somebody_else_runs_nothing(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    write(tmp_path, "app.py")
    assert files.listed(tmp_path) == ["app.py"]


def test_a_hooks_variables_do_not_point_elsewhere(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    write(tmp_path, "app.py")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert files.listed(tmp_path) == ["app.py"]


def test_an_empty_folder_is_an_error(tmp_path):
    folder = tmp_path / "nothing"
    folder.mkdir()
    with pytest.raises(files.PorticoError) as caught:
        files.listed(folder)
    assert str(caught.value) == (
        "nothing holds nothing to deploy.\n"
        "There are no files in it, or .gitignore leaves out all of them.\n"
        "Put the app there, with a Procfile and its requirements, or give another PATH."
    )


NAMES = st.sampled_from(["a", "b", "ab", "a.log", "b.txt", "x y", ".hidden"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
# A space stands as _.
ODD = r"""
* *.log a* *.txt /a /a/b a/* */* */ ** **/a ***/a a/** a/**/b a**b ? #a \#a \a / // a_ a\_ x\_y a\
[ab] [!a] [^]] []a] [\]a] [a-b]* [z-a] [a [[:alpha:]] [[:nope:]]
"""
PATTERNS = st.one_of(
    PATHS, st.sampled_from(ODD.split()).map(lambda pattern: pattern.replace("_", " "))
)
RULES = st.builds(
    lambda negated, pattern, folder: f"{'!' * negated}{pattern}{'/' * folder}",
    st.booleans(),
    PATTERNS,
    st.booleans(),
)
IGNORE_FILES = st.dictionaries(
    st.sampled_from(["", "a/", "b/", "a/b/"]), st.lists(RULES, max_size=4), max_size=3
)


@settings(max_examples=150, deadline=None, database=None)
@given(paths=st.lists(PATHS, min_size=1, max_size=8, unique=True), ignores=IGNORE_FILES)
def test_our_reading_of_ignore_files_is_gits(paths, ignores):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [path for path in paths if _written(folder, path)]
        for place, rules in ignores.items():
            _written(folder, f"{place}.gitignore", "\n".join(rules) + "\n")
        ours = files.by_rules(folder)
        git(folder, "init", "-q")
        assert made
        assert ours == sorted(files.by_git(folder))


def _written(folder: Path, path: str, text: str = "x") -> bool:
    """False when a file stands where a folder should, or the other way round."""
    try:
        write(folder, path, text=text)
    except OSError:
        return False
    return True
