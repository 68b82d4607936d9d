"""What `portico check` says of the files that are sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.builder.check import check, of_content
from portico.builder.checks.content import size
from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity
from tests.builder.apps import copied, write

ERROR, WARNING = Severity.ERROR, Severity.WARNING
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"


def found(tree: Path, *paths: str) -> list[Finding]:
    return of_content(tree, paths)


def test_links_out_of_the_folder_are_refused(tmp_path: Path):
    tree = copied("works", tmp_path)
    (tree / "etc").symlink_to("/etc/passwd")
    (tree / "up").symlink_to("../other")
    (tree / "inside").symlink_to("app.py")
    fix = "Put the file itself there, or leave it out by .gitignore."
    assert check(tree, "x") == [
        Finding(
            ERROR, "etc", None, "It is a link to /etc/passwd, outside of the app's folder.", fix
        ),
        Finding(ERROR, "up", None, "It is a link to ../other, outside of the app's folder.", fix),
    ]


def test_names_that_differ_by_capital_letters_alone(tmp_path: Path):
    assert found(tmp_path, "static/Logo.png", "static/logo.png") == [
        Finding(
            WARNING,
            "static/logo.png",
            None,
            "It differs from static/Logo.png by capital letters alone: some machines keep one.",
            "Rename one of the two.",
        )
    ]


def test_pointers_of_lfs_and_empty_submodules(tmp_path: Path):
    write(
        tmp_path,
        {
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "model.bin": POINTER,
            "app.py": "",
            ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://x.org/lib\n',
        },
    )
    assert found(tmp_path, "app.py", "model.bin") == [
        Finding(
            WARNING,
            "model.bin",
            None,
            "It is a pointer of Git LFS; the content is not there.",
            "Fetch it: git lfs pull",
        ),
        Finding(
            WARNING,
            ".gitmodules",
            2,
            "The submodule lib is empty: its files were never fetched.",
            "Fetch them: git submodule update --init --recursive",
        ),
    ]


@pytest.mark.parametrize(
    ("paths", "file", "what", "fix"),
    [
        (
            (".venv/pyvenv.cfg", ".venv/lib/python3.11/site-packages/a.py"),
            ".venv",
            "It is a virtual environment, of no use on the server, which makes its own.",
            "Write into .gitignore: .venv/",
        ),
        (
            ("ui/node_modules/a/node_modules/b.js",),
            "ui/node_modules",
            "It holds packages of npm, which does not belong to the source.",
            "Write into .gitignore: node_modules/",
        ),
        (
            (".env", ".env.example"),
            ".env",
            "Secrets in files can be read by everybody who has the source.",
            "Set them with `portico config set`, and write into .gitignore: .env",
        ),
    ],
)
def test_what_does_not_belong_to_the_source(
    tmp_path: Path, paths: tuple[str, ...], file: str, what: str, fix: str
):
    assert found(tmp_path, *paths) == [Finding(WARNING, file, None, what, fix)]


def test_more_files_than_a_server_takes(tmp_path: Path):
    many = Source(tmp_path, "x", tuple(f"{n}.txt" for n in range(100_001)))
    assert list(size(many)) == [
        Finding(
            WARNING,
            ".gitignore",
            None,
            "The app has 100,001 files; a server takes 100,000 unless its operator has set "
            "another limit.",
            "Leave out what is not needed to run the app.",
        )
    ]


def test_folders_that_lie_too_deep(tmp_path: Path):
    assert found(tmp_path, "a/" * 201 + "b") == [
        Finding(
            ERROR,
            "a",
            None,
            "It lies more than 200 folders deep.",
            "Leave it out by .gitignore.",
        )
    ]
