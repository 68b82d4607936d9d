"""Which Python an app gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from portico.builder.order import Places
from portico.builder.python_version import (
    Interpreter,
    Wanted,
    choose,
    find,
    interpreters,
    unavailable,
    wanted,
)
from portico.errors import PorticoError
from tests.builder.apps import write

HERE = [
    Interpreter((3, 11, 2), Path("/usr/bin/python3.11")),
    Interpreter((3, 12, 4), Path("/py/3")),
]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({".python-version": "3.12\n"}, Wanted(".python-version", (3, 12))),
        ({".python-version": "# ours\n3.11.9"}, Wanted(".python-version", (3, 11, 9))),
        ({"runtime.txt": "python-3.11.9\n"}, Wanted("runtime.txt", (3, 11, 9))),
        ({".python-version": "3.12", "runtime.txt": "x"}, Wanted(".python-version", (3, 12))),
        (
            {"pyproject.toml": '[project]\nrequires-python = ">=3.10, <4"'},
            Wanted("pyproject.toml", specifier=">=3.10, <4", field="requires-python", line=2),
        ),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"'},
            Wanted(
                "pyproject.toml",
                specifier="^3.10",
                field="python in [tool.poetry.dependencies]",
                line=2,
            ),
        ),
        (
            {"Pipfile": '[requires]\npython_version = "3.12"'},
            Wanted("Pipfile", specifier="3.12", field="python_version in [requires]", line=2),
        ),
        (
            {"pylock.toml": 'requires-python = ">=3.12"'},
            Wanted("pylock.toml", specifier=">=3.12", field="requires-python", line=1),
        ),
        ({"pyproject.toml": "[tool.ruff]"}, None),
    ],
)
def test_reads_what_the_app_says(tmp_path: Path, files: dict[str, str], expected: Wanted | None):
    assert wanted(write(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("latest", "`latest`"),
        ("", "nothing"),
        ("3.11\n3.12", "`3.11` and `3.12`"),
        ("2.7", "`2.7`"),
    ],
)
def test_refuses_what_names_no_version(tmp_path: Path, text: str, found: str):
    with pytest.raises(PorticoError) as caught:
        wanted(write(tmp_path, {".python-version": text}))
    assert str(caught.value) == (
        ".python-version does not name a Python version.\n"
        f"It says {found}.\n"
        "Write one line such as 3.11 or 3.11.9."
    )


def test_refuses_an_unreadable_specifier(tmp_path: Path):
    with pytest.raises(PorticoError) as caught:
        wanted(write(tmp_path, {"pyproject.toml": '[project]\nrequires-python = "three"'}))
    assert str(caught.value) == (
        "requires-python of pyproject.toml cannot be understood.\n"
        "It says `three`.\n"
        "Write one such as `>=3.11`."
    )


@pytest.mark.parametrize(
    ("want", "version"),
    [
        (None, "3.11"),
        (Wanted("f", (3, 12)), "3.12"),
        (Wanted("f", (3, 11, 9)), "3.11.9"),
        (Wanted("f", specifier=">=3.9"), "3.11"),
        (Wanted("f", specifier=">=3.11.5"), "3.12"),
        (Wanted("f", specifier=">=3.11.5,<3.12"), "3.11.5"),
        (Wanted("f", specifier=">3.11"), "3.11"),
        (Wanted("f", specifier=">=3.12.9"), "3.13"),
        (Wanted("f", specifier="^3.8"), "3.11"),
        (Wanted("f", specifier="~3.12"), "3.12"),
        (Wanted("f", specifier="3.12"), "3.12"),
        (Wanted("f", specifier="~=3.10"), "3.11"),
        (Wanted("f", specifier="~=3.12.1"), "3.12"),
        (Wanted("f", specifier="==3.12.*"), "3.12"),
        (Wanted("f", specifier="!=3.11.*"), "3.12"),
        (Wanted("f", specifier="<3.11"), "3.10"),
        (Wanted("f", specifier=">=3.13,<4"), "3.13"),
        (Wanted("f", specifier="<=3.9"), "3.9"),
    ],
)
def test_prefers_the_default_then_what_is_there(want: Wanted | None, version: str):
    assert choose(want, HERE) == version


def test_says_when_no_python_can_fit():
    with pytest.raises(PorticoError) as caught:
        choose(Wanted("pyproject.toml", specifier="<3.5", field="requires-python"), HERE)
    assert str(caught.value) == (
        "No Python fits this app.\n"
        "requires-python of pyproject.toml says `<3.5`.\n"
        "Write one such as `>=3.11`."
    )


def test_has_a_default_where_the_machine_has_no_python():
    assert choose(None, []) == "3.12"


def test_takes_a_later_release_of_the_same_minor_version_by_its_full_name():
    there = [*HERE, Interpreter((3, 11, 9), Path("/py/2"))]
    assert choose(Wanted("f", specifier=">=3.11.5,<3.12"), there) == "3.11.9"


def test_finds_a_minor_and_an_exact_version():
    assert find("3.12", HERE) == HERE[1]
    assert find("3.11.2", HERE) == HERE[0]
    assert find("3.11.9", HERE) is None


def test_asks_the_interpreters_of_the_machine(tmp_path: Path):
    found = interpreters(Places(py=tmp_path, interpreters=(Path(sys.base_prefix, "bin"),)))
    assert found[0].version == sys.version_info[:3]


def test_lists_what_is_there_when_a_version_is_not():
    assert str(unavailable("3.7", HERE, "no download")) == (
        "Python 3.7 is not available.\n"
        "This server has Python 3.11.2 and 3.12.4. Installing 3.7 failed: no download.\n"
        "Write one that is there into .python-version, such as 3.12, or ask the operator to "
        "install Python 3.7."
    )
