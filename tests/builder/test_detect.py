"""Which file an app's packages come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.builder.detect import FORMS, Detected, detect, form
from portico.errors import PorticoError
from tests.builder.apps import write

PROJECT = '[project]\nname = "x"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["requirements.txt"], Detected("requirements.txt")),
        (
            ["environment.yml", "requirements.txt"],
            Detected("requirements.txt", ("environment.yml",)),
        ),
        (
            ["requirements.txt", "poetry.lock", "pyproject.toml"],
            Detected("poetry.lock", ("requirements.txt",)),
        ),
        (["uv.lock", "pyproject.toml"], Detected("uv.lock")),
        (
            ["uv.lock", "pylock.toml", "Pipfile.lock"],
            Detected("uv.lock", ("pylock.toml", "Pipfile.lock")),
        ),
        (["environment.yml", "pyproject.toml"], Detected("environment.yml", ("pyproject.toml",))),
        (["pyproject.toml"], Detected("pyproject.toml")),
    ],
)
def test_takes_the_first_and_names_the_rest(tmp_path: Path, names: list[str], expected: Detected):
    assert detect(write(tmp_path, dict.fromkeys(names, PROJECT))) == expected


def test_does_not_take_the_settings_of_tools_for_packages(tmp_path: Path):
    write(tmp_path, {"requirements.txt": "", "pyproject.toml": "[tool.ruff]\n"})
    assert detect(tmp_path) == Detected("requirements.txt")


def test_every_form_has_a_module():
    assert all(form(name).read and form(name).install for name in FORMS)


def test_says_what_it_accepts_when_there_is_nothing(tmp_path: Path):
    with pytest.raises(PorticoError) as caught:
        detect(tmp_path)
    assert str(caught.value) == (
        "This app does not say which packages it needs.\n"
        "None of these is in the root folder: uv.lock, pylock.toml, poetry.lock, Pipfile.lock, "
        "requirements.txt, environment.yml, pyproject.toml.\n"
        "Make a file named requirements.txt with one package a line, such as `django==5.2`."
    )


def test_names_a_near_miss(tmp_path: Path):
    with pytest.raises(PorticoError) as caught:
        detect(write(tmp_path, {"Requirement.txt": "django"}))
    assert str(caught.value) == (
        "This app does not say which packages it needs.\n"
        "There is a file named Requirement.txt, which Portico does not install from.\n"
        "Make a file named requirements.txt in the root folder."
    )


@pytest.mark.parametrize(
    ("file", "found", "line"),
    [
        ("requirements/base.txt", "requirements/base.txt", "-r requirements/base.txt"),
        ("setup.py", "a setup.py", "-e ."),
    ],
)
def test_leads_to_packages_that_are_named_elsewhere(
    tmp_path: Path, file: str, found: str, line: str
):
    with pytest.raises(PorticoError) as caught:
        detect(write(tmp_path, {file: ""}))
    assert str(caught.value) == (
        "This app does not say which packages it needs.\n"
        f"There is {found}, but Portico looks into the root folder for a requirements.txt.\n"
        f"Make a file named requirements.txt in the root folder with the line `{line}`."
    )
