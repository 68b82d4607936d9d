"""Which form an app names its packages in. Wider than what is supported, so that it can explain."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from portico.builder import reading
from portico.builder.forms.form import Form
from portico.errors import PorticoError

CONDA = "environment.yml"
# In this order; the first one that is there counts.
FORMS = {
    "uv.lock": "portico.builder.forms.uv_lock",
    "pylock.toml": "portico.builder.forms.pylock",
    "poetry.lock": "portico.builder.forms.poetry",
    "Pipfile.lock": "portico.builder.forms.pipenv",
    "requirements.txt": "portico.builder.forms.requirements_txt",
    CONDA: "portico.builder.forms.conda",
    "pyproject.toml": "portico.builder.forms.pyproject",
}
_NEAR_MISSES = {
    "requirement.txt": "requirements.txt",
    "requirements.in": "requirements.txt",
    "requirements.pip": "requirements.txt",
    "environment.yaml": "environment.yml",
    "conda.yml": "environment.yml",
    "pipfile": "Pipfile.lock",
}


_LIKELY_INCLUDES = tuple(
    f"requirements/{name}.txt"
    for name in ("production", "prod", "base", "common", "requirements", "main")
)


@dataclass(frozen=True)
class Detected:
    form: str
    ignored: tuple[str, ...] = ()


def detect(tree: Path) -> Detected:
    """The form to install from, and the ones beside it that are ignored."""
    there = [name for name in FORMS if (tree / name).is_file()]
    if "pyproject.toml" in there and not _names_packages(tree):
        there.remove("pyproject.toml")
    if not there:
        raise _nothing(tree)
    # A project's own pyproject.toml belongs to its lock file.
    beside = {"uv.lock": "pyproject.toml", "poetry.lock": "pyproject.toml"}.get(there[0])
    return Detected(there[0], tuple(name for name in there[1:] if name != beside))


def form(name: str) -> Form:
    return cast("Form", import_module(FORMS[name]))


def _names_packages(tree: Path) -> bool:
    """Whether pyproject.toml is more than the settings of some tools."""
    document = reading.toml(tree, "pyproject.toml")
    tool = document.get("tool")
    return "project" in document or (isinstance(tool, dict) and "poetry" in tool)


def _nothing(tree: Path) -> PorticoError:
    names = {path.name.lower(): path.name for path in tree.iterdir()}
    for miss, meant in _NEAR_MISSES.items():
        if miss in names:
            return PorticoError(
                "This app does not say which packages it needs.",
                f"There is a file named {names[miss]}, which Portico does not install from.",
                f"Make a file named {meant} in the root folder.",
            )
    if (named := _elsewhere(tree)) is not None:
        found, line = named
        return PorticoError(
            "This app does not say which packages it needs.",
            f"There is {found}, but Portico looks into the root folder for a requirements.txt.",
            f"Make a file named requirements.txt in the root folder with the line `{line}`.",
        )
    return PorticoError(
        "This app does not say which packages it needs.",
        "None of these is in the root folder: uv.lock, pylock.toml, poetry.lock, Pipfile.lock, "
        "requirements.txt, environment.yml, pyproject.toml.",
        "Make a file named requirements.txt with one package a line, such as `django==5.2`.",
    )


def _elsewhere(tree: Path) -> tuple[str, str] | None:
    """Where the packages are named instead, and the line that leads there."""
    for name in _LIKELY_INCLUDES:
        if (tree / name).is_file():
            return name, f"-r {name}"
    if (tree / "setup.py").is_file() or (tree / "setup.cfg").is_file():
        return "a setup.py" if (tree / "setup.py").is_file() else "a setup.cfg", "-e ."
    return None
