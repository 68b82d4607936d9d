"""Requirements files, and whether apps may share what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.builder.findings import Several, of_error
from portico.builder.requirements import is_public, logical_lines, normalised, read
from portico.errors import PorticoError
from tests.builder.apps import write

NAME = "requirements.txt"


@pytest.mark.parametrize(
    "line",
    [
        "django",
        "Django==5.2",
        "zope.interface >= 4, < 6",
        "uvicorn[standard]~=0.30",
        "requests (>=2.0)",
        "tzdata ; sys_platform == 'win32' and python_version < \"3.12\"",
        "a==1 --hash=sha256:00ff --hash=sha256:11ee",
        "a===1.0+local",
        "--pre",
        "--require-hashes",
        "--only-binary :all:",
    ],
)
def test_plain_requirements_are_public(line: str):
    assert is_public(line)


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "--editable=src",
        ".",
        "./wheels/a.whl",
        "a.whl/b",
        "a-1.0-py3-none-any.whl",
        "a-1.0.tar.gz",
        "a.ZIP ; python_version > '3'",
        "a-1.0-py3-none-any.whl[x]",
        "/srv/a.tar.gz",
        "git+https://example.org/a.git",
        "https://example.org/a.whl",
        "a @ https://example.org/a.whl",
        "a@git+ssh://example.org/a",
        "-i https://example.org/simple",
        "--index-url=https://example.org/simple",
        "--extra-index-url https://example.org/simple",
        "--find-links wheels",
        "--no-binary :all:",
        "--trusted-host example.org",
        "a==${VERSION}",
        "a==1 ; python_version > '3'\n-e ./evil",
        "a[x\n-e b]",
        "a==1\n./evil",
        "",
    ],
)
def test_everything_else_is_the_apps_own(line: str):
    assert not is_public(line)


def test_follows_included_files(tmp_path: Path):
    write(
        tmp_path,
        {
            NAME: "-r requirements/base.txt\n--constraint=limits.txt\nDjango\n",
            "requirements/base.txt": "-rmore.txt  # beside it\ngunicorn",
            "requirements/more.txt": "-r ../requirements.txt\nwhite_noise",
            "limits.txt": "sqlparse<1",
        },
    )
    found = read(tmp_path, NAME)
    assert set(found.files) == {
        NAME, "requirements/base.txt", "requirements/more.txt", "limits.txt"
    }  # fmt: skip
    assert found.names == {"django", "gunicorn", "white-noise", "sqlparse"}
    assert found.private == ""


def test_names_the_line_that_makes_it_private(tmp_path: Path):
    write(
        tmp_path, {NAME: "django\n-r more.txt", "more.txt": "\n-i https://me:secret@example.org/x"}
    )
    assert read(tmp_path, NAME).private == "more.txt, line 2: `-i https://***@example.org/x`"


def test_does_not_share_an_include_whose_name_a_variable_completes(tmp_path: Path):
    write(tmp_path, {NAME: "-r ${LANG}x", "${LANG}x": "django", "C.UTF-8x": "-i https://x.org/s"})
    assert read(tmp_path, NAME).private == "requirements.txt, line 1: `-r ${LANG}x`"


def test_does_not_share_what_uv_may_read_otherwise(tmp_path: Path):
    write(tmp_path, {NAME: "django\x0b# @ https://example.org/x"})
    assert read(tmp_path, NAME).private == "requirements.txt contains unusual white space"


@pytest.mark.parametrize("include", ["base.txt", "../base.txt", "/etc/passwd", "https://x.org/r"])
def test_says_which_included_file_is_missing(tmp_path: Path, include: str):
    tree = write(tmp_path / "app", {NAME: f"django\n-r {include}"})
    with pytest.raises(PorticoError) as caught:
        read(tree, NAME)
    assert str(caught.value) == (
        "requirements.txt includes a file that is not there.\n"
        f"Line 2 says `-r {include}`; the app has no file {include}.\n"
        "Deploy that file as well, or remove the line."
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("django=5.2", "Write `django==5.2`."),
        ("django v5.2", "Write `django==5.2`."),
        ('django = "^5.2"', "Write the name of a package and its version, such as `django==5.2`."),
        (
            "pip install django pandas",
            "Write `django`, and each further package on a line of its own.",
        ),
        ("<<<<<<< HEAD", "Finish the merge, and remove its markers."),
        ("=======", "Finish the merge, and remove its markers."),
    ],
)
def test_says_what_to_write_instead_of_a_line_that_is_no_requirement(
    tmp_path: Path, line: str, hint: str
):
    with pytest.raises(PorticoError) as caught:
        read(write(tmp_path, {NAME: f"flask\n{line}\n"}), NAME)
    assert str(caught.value) == (
        f"requirements.txt has a line that is no requirement.\nLine 2 says `{line}`.\n{hint}"
    )


@pytest.mark.parametrize(
    "line", ["a==1 --global-option=x", "-e git+https://x.org/a#egg=a", "a==${V}", "-i ${INDEX}"]
)
def test_leaves_to_the_installer_what_it_knows_better(tmp_path: Path, line: str):
    assert read(write(tmp_path, {NAME: line}), NAME).private


def test_names_all_wrong_lines_of_all_files_at_once(tmp_path: Path):
    write(tmp_path, {NAME: "-r more.txt\nflask 3\n", "more.txt": "-r no.txt\n-e ./lib\n./a.whl"})
    (tmp_path / "lib").mkdir()
    with pytest.raises(Several) as caught:
        read(tmp_path, NAME)
    assert [str(finding) for finding in of_error(caught.value, NAME)] == [
        "requirements.txt, line 2: requirements.txt has a line that is no requirement. Line 2 says "
        "`flask 3`.\nWrite `flask==3`.",
        "more.txt, line 1: more.txt includes a file that is not there. Line 1 says `-r no.txt`; "
        "the app has no file no.txt.\nDeploy that file as well, or remove the line.",
        "more.txt, line 2: more.txt names a folder that is no Python project. Line 2 says "
        "`-e ./lib`; there is no pyproject.toml and no setup.py in it.\n"
        "Add one, or remove the line: modules in the app's folder are found without being "
        "installed.",
        "more.txt, line 3: more.txt names a file that is not there. Line 3 says `./a.whl`; the "
        "app has no a.whl.\nDeploy that file as well, or remove the line.",
    ]


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("./wheels/a.whl", {"wheels/a.whl"}),
        ("a @ file:///app/wheels/a.whl", {"wheels/a.whl"}),
        ("a @ file:wheels/a.whl ; python_version > '3'", {"wheels/a.whl"}),
        ("--find-links ./wheels", {"wheels/a.whl", "wheels/b.whl"}),
        ("-f wheels", {"wheels/a.whl", "wheels/b.whl"}),
        ("-e .", {"setup.py"}),
        ("--editable=./lib[extra]", {"lib/pyproject.toml"}),
        ("-e ./lib#egg=lib", {"lib/pyproject.toml"}),
        ("./lib;python_version>'3'", {"lib/pyproject.toml"}),
        ("./lib", {"lib/pyproject.toml"}),
    ],
)
def test_what_is_installed_from_the_apps_folder_decides_too(
    tmp_path: Path, line: str, files: set[str]
):
    tree = {"wheels/a.whl": "", "wheels/b.whl": "", "setup.py": "", "lib/pyproject.toml": ""}
    found = read(write(tmp_path, {NAME: line, **tree}), NAME)
    assert set(found.files) - {NAME} >= files
    assert found.private == f"requirements.txt, line 1: `{line}`"


def test_folders_of_packages_lie_beside_the_file_or_in_the_root(tmp_path: Path):
    tree = {NAME: "-r more/a.txt", "more/a.txt": "-f wheels", "wheels/a.whl": ""}
    assert "wheels/a.whl" in read(write(tmp_path, tree), NAME).files
    write(tmp_path, {"more/wheels/b.whl": ""})
    assert "more/wheels/b.whl" in read(tmp_path, NAME).files


def test_a_copy_of_a_folder_is_another_with_each_change_and_a_link_to_it_is_not(tmp_path: Path):
    write(tmp_path, {"lib/setup.py": "", "lib/a/__init__.py": ""})

    def shapes() -> list[str]:
        return [read(write(tmp_path, {NAME: line}), NAME).shape for line in ("./lib", "-e ./lib")]

    copy, link = shapes()
    write(tmp_path, {"lib/a/__init__.py": "x = 1"})
    assert [shape == before for shape, before in zip(shapes(), (copy, link), strict=True)] == [
        False,
        True,
    ]
    write(tmp_path, {"lib/b/__init__.py": ""})
    assert shapes()[1] != link


def test_joins_continued_lines_and_drops_comments():
    text = "a==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11 # both\n# none\n\nb # c\n"
    assert [(line.number, line.text) for line in logical_lines(NAME, text)] == [
        (1, "a==1    --hash=sha256:00    --hash=sha256:11"),
        (6, "b"),
    ]


def test_normalises_names():
    assert normalised("Zope_Interface.X>=1") == "zope-interface-x"
