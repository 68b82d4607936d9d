"""Requirements files, and whether apps may share what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_joins_continued_lines_and_drops_comments():
    text = "a==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11 # both\n# none\n\nb # c\n"
    assert [(line.number, line.text) for line in logical_lines(NAME, text)] == [
        (1, "a==1    --hash=sha256:00    --hash=sha256:11"),
        (6, "b"),
    ]


def test_normalises_names():
    assert normalised("Zope_Interface.X>=1") == "zope-interface-x"
