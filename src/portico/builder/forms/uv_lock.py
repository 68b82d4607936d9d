"""uv.lock."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portico.builder import reading
from portico.builder.forms import project
from portico.builder.forms.form import Dependencies
from portico.builder.forms.stale import stale
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "uv.lock"
_PUBLIC_INDEX = "https://pypi.org/simple"
# Versions and hashes are locked: it does not matter which of the indexes has them.
_ANY_INDEX = ("--index-strategy", "unsafe-best-match")


def read(tree: Path) -> Dependencies:
    if not (tree / project.NAME).is_file():
        raise PorticoError(
            "uv.lock has no project beside it.",
            "The app has a uv.lock, but no pyproject.toml.",
            "Deploy pyproject.toml as well, or remove uv.lock.",
        )
    document = project.read(tree)
    packages = _packages(reading.toml(tree, NAME))
    files, shape = project.decisive(tree, document)
    return Dependencies(
        (NAME, *files),
        project.private_reason(document) or _private_reason(packages),
        frozenset(str(package.get("name")) for package in packages),
        shape,
    )


def install(uv: Uv, tree: Path) -> None:
    if is_stale(uv, tree):
        raise stale(NAME, project.NAME, "uv lock")
    if uv.shared:
        _install_from_index(uv, tree)
    elif uv.has_other_index:
        _install_from_mirror(uv, tree)
    else:
        uv.run(
            "sync", "--frozen", "--no-dev", *uv.cache_words, tree=tree,
            extra={"UV_PROJECT_ENVIRONMENT": str(uv.environment)},
        )  # fmt: skip


def is_stale(uv: Uv, tree: Path) -> bool:
    """Whether uv itself would lock the project otherwise.

    Without network and without running code of the project that is exact, but for projects that
    compute their own dependencies: those it cannot read (exit code 2), and they run as the app.
    """
    # The server's indexes and those of the author's settings may be others than the lock file's;
    # that does not make it stale.
    check = ("lock", "--check", *_index_options(_registries(tree)))
    code, _ = uv.ask(*check, "--offline", "--no-build", tree=tree)
    if code == 2 and not uv.shared:
        code, said = uv.ask(*check, tree=tree)
        return code == 1 and "needs to be updated" in said
    return code == 1


def _registries(tree: Path) -> set[str]:
    """The addresses of the indexes that the lock file names."""
    sources = [package.get("source") for package in _packages(reading.toml(tree, NAME))]
    named = [source.get("registry") for source in sources if isinstance(source, dict)]
    return {name for name in named if isinstance(name, str) and "://" in name}


def _index_options(addresses: Collection[str]) -> list[str]:
    return [word for address in sorted(addresses) for word in ("--index", address)]


def _install_from_index(uv: Uv, tree: Path) -> None:
    """Names, versions and hashes only: an address in the lock file could be anybody's, and would
    put a package of somebody else's making into the cache that apps share."""
    with _exported(uv, tree, "--no-config") as listed:
        uv.pip_install("--no-deps", "--require-hashes", "-r", listed, tree=tree)


def _install_from_mirror(uv: Uv, tree: Path) -> None:
    """PyPI's packages by name, version and hash from what stands in for it: the addresses of their
    files in the lock may be out of reach. All others from where the lock file says."""
    with _exported(uv, tree) as listed:
        others = _index_options(_registries(tree) - {_PUBLIC_INDEX})
        uv.pip_install("--no-deps", *_ANY_INDEX, *others, "-r", listed, tree=tree)
    if project.is_package(project.read(tree)):
        uv.pip_install("--no-deps", "-e", ".", tree=tree)


@contextmanager
def _exported(uv: Uv, tree: Path, *options: str) -> Iterator[str]:
    """The locked packages as a requirements file, without the project itself."""
    with tempfile.TemporaryDirectory() as folder:
        exported = str(Path(folder, "requirements.txt"))
        uv.run(
            "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--offline",
            "--format", "requirements-txt", "--output-file", exported, *options, tree=tree,
        )  # fmt: skip
        yield exported


def _packages(document: dict[str, Any]) -> list[dict[str, Any]]:
    listed = document.get("package", [])
    if isinstance(listed, list) and all(isinstance(package, dict) for package in listed):
        return listed
    raise PorticoError(
        "uv.lock cannot be understood.",
        "Its `package` is not a list of tables.",
        "Make it anew with `uv lock`.",
    )


def _private_reason(packages: list[dict[str, Any]]) -> str:
    for package in packages:
        source = package.get("source")
        if source not in ({"registry": _PUBLIC_INDEX}, {"virtual": "."}):
            return f"{NAME} takes {str(package.get('name'))[:60]} from elsewhere"
    return ""
