"""pyproject.toml without a lock file."""

from __future__ import annotations

from pathlib import Path

from portico.builder.forms import poetry, project
from portico.builder.forms.form import Dependencies
from portico.builder.uv import Uv
from portico.errors import PorticoError


def read(tree: Path) -> Dependencies:
    document = project.read(tree)
    if project.is_poetrys_alone(document):
        raise PorticoError(
            f"{project.NAME} is poetry's, and there is no {poetry.NAME}.",
            "It lists its packages under [tool.poetry] alone, and says package-mode = false.",
            f"Type `poetry lock` in the app's folder, and deploy again with the new {poetry.NAME}.",
        )
    files, shape = project.decisive(tree, document)
    return Dependencies(
        files,
        project.private_reason(document),
        project.names(document),
        shape,
    )


def install(uv: Uv, tree: Path) -> None:
    document = project.read(tree)
    if project.names_index(project.table(document, "tool", "uv")):
        uv = uv.of_own_index()
    groups = [word for group in project.default_groups(document) for word in ("--group", group)]
    if project.is_package(document):
        # Editable: the code stays where it is, so that a change of it needs no new environment.
        uv.pip_install("-e", ".", *groups, tree=tree)
    else:
        uv.pip_install("-r", project.NAME, *groups, tree=tree)
