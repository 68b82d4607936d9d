"""environment.yml: conda packages, see portico.builder.conda; and its pip section, by uv."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from portico.builder import requirements
from portico.builder.conda import channels, document, specs, wanted
from portico.builder.conda.document import NAME, Entry
from portico.builder.findings import Finding
from portico.builder.forms.form import Conda, Dependencies
from portico.builder.uv import Uv
from portico.errors import PorticoError


def read(tree: Path, operators: Mapping[str, str] | None = None) -> Dependencies:
    """`operators` are the addresses that the operator gives to channels, None where unknown."""
    found = wanted.read(tree, operators)
    section = requirements.follow(tree, NAME, _text(found.document.pip))
    return Dependencies(
        section.files,
        found.private,
        frozenset(spec.name for spec in found.specs) | section.names,
        conda=Conda(
            specs.python_version(found.specs),
            channels.digest(found.channels),
            {"CONDA_DEFAULT_ENV": found.document.name or "base", **found.document.variables},
        ),
        notes=found.notes,
    )


def notes(tree: Path) -> tuple[Finding, ...]:
    """What is worth saying of a file that cannot be carried out anyway."""
    try:
        return document.read(tree)[0].notes
    except PorticoError:  # it is not YAML at all
        return ()


def install(uv: Uv, tree: Path) -> None:
    """The pip section, into the environment of the conda packages."""
    section = document.read(tree)[0].pip
    if not section:
        return
    # Among the app's files: what it names by a path is named from there.
    with tempfile.NamedTemporaryFile("w", dir=tree, prefix=".pip-", suffix=".txt") as file:
        file.write("".join(f"{entry.text}\n" for entry in section))
        file.flush()
        uv.pip_install("-r", file.name, tree=tree)


def _text(section: Iterable[Entry]) -> str:
    """The section as a requirements file in which each line has its own number."""
    lines: dict[int, str] = {entry.line: entry.text for entry in section}
    return "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
