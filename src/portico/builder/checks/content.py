"""The files that a deploy sends: what the server would refuse, and what does not belong there."""

from __future__ import annotations

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity
from portico.builder.order import PrepareOrder
from portico.builder.unpack import DEEPEST

_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES = 1024
# Folders that are made anew wherever the app goes -> what makes them known.
_MADE = {
    "node_modules": "packages of npm",
    "__pycache__": "byte code",
    "site-packages": "an environment",
}


def links(source: Source) -> Iterator[Finding]:
    """Links that lead out of the folder; the build refuses the source."""
    root = os.path.realpath(source.folder)
    for path in source.paths:
        file = source.folder / path
        if not file.is_symlink():
            continue
        target = os.fspath(file.readlink())
        real = os.path.realpath(file)
        if posixpath.isabs(target) or not (real == root or real.startswith(f"{root}/")):
            what = f"It is a link to {target}, outside of the app's folder."
            yield _error(path, what, "Put the file itself there, or leave it out by .gitignore.")


def depth(source: Source) -> Iterator[Finding]:
    deep = next((path for path in source.paths if path.count("/") > DEEPEST), None)
    if deep:
        what = f"It lies more than {DEEPEST} folders deep."
        yield _error(deep.split("/")[0], what, "Leave it out by .gitignore.")


def size(source: Source) -> Iterator[Finding]:
    """More than a server takes that has the limits of the beginning."""
    limits = PrepareOrder(stack="", uv="")
    if len(source.paths) > limits.most_files:
        what = (
            f"The app has {len(source.paths):,} files; a server takes {limits.most_files:,} "
            "unless its operator has set another limit."
        )
        yield _warning(".gitignore", what, "Leave out what is not needed to run the app.")
    total = sum(_bytes(source.folder / path) for path in source.paths)
    if total > limits.most_bytes:
        what = (
            f"The app has {total:,} bytes; a server takes {limits.most_bytes:,} unless its "
            "operator has set another limit."
        )
        yield _warning(".gitignore", what, "Leave out data, or fetch it into $PORTICO_DATA_DIR.")


def letters(source: Source) -> Iterator[Finding]:
    """Names that are one file on Windows and macOS, and two on the server."""
    alike: dict[str, list[str]] = defaultdict(list)
    for path in source.paths:
        alike[path.casefold()].append(path)
    for first, *others in alike.values():
        for other in others:
            what = f"It differs from {first} by capital letters alone: some machines keep one."
            yield _warning(other, what, "Rename one of the two.")


def pointers(source: Source) -> Iterator[Finding]:
    """Files of which git-lfs has only left three lines of text."""
    attributes = source.folder / ".gitattributes"
    if not attributes.is_file() or b"filter=lfs" not in attributes.read_bytes():
        return
    for path in source.paths:
        if _is_pointer(source.folder / path):
            what = "It is a pointer of Git LFS; the content is not there."
            yield _warning(path, what, "Fetch it: git lfs pull")


def submodules(source: Source) -> Iterator[Finding]:
    modules = source.folder / ".gitmodules"
    lines = modules.read_text(errors="replace").splitlines() if modules.is_file() else []
    for number, line in enumerate(lines, start=1):
        key, _, path = (part.strip() for part in line.partition("="))
        folder = source.folder / path
        if key == "path" and not (folder.is_dir() and any(folder.iterdir())):
            what = f"The submodule {path} is empty: its files were never fetched."
            fix = "Fetch them: git submodule update --init --recursive"
            yield Finding(Severity.WARNING, ".gitmodules", number, what, fix)


def strangers(source: Source) -> Iterator[Finding]:
    """What is made anew on the server, and secrets."""
    for folder in _environments(source.paths):
        what = "It is a virtual environment, of no use on the server, which makes its own."
        yield _warning(folder, what, f"Write into .gitignore: {folder}/")
    for name, meaning in _MADE.items():
        for folder in _folders(source.paths, name):
            what = f"It holds {meaning}, which does not belong to the source."
            yield _warning(folder, what, f"Write into .gitignore: {name}/")
    for path in source.paths:
        name = path.rpartition("/")[2]
        if name == ".env" or (
            name.startswith(".env.") and not name.endswith((".example", ".dist"))
        ):
            what = "Secrets in files can be read by everybody who has the source."
            yield _warning(
                path, what, f"Set them with `portico config set`, and write into .gitignore: {name}"
            )


def _environments(paths: Sequence[str]) -> list[str]:
    found = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == "pyvenv.cfg"}
    return sorted(found - {""})


def _folders(paths: Sequence[str], name: str) -> list[str]:
    """The outermost folders of that name that are in no environment."""
    inside = tuple(f"{folder}/" for folder in _environments(paths))
    found = set()
    for path in paths:
        parts = path.split("/")[:-1]
        if name in parts and not path.startswith(inside):
            found.add("/".join(parts[: parts.index(name) + 1]))
    return sorted(found)[:3]


def _is_pointer(file: Path) -> bool:
    if file.is_symlink() or not file.is_file() or file.stat().st_size > _LFS_BYTES:
        return False
    return file.read_bytes().startswith(_LFS)


def _bytes(file: Path) -> int:
    return file.lstat().st_size if file.is_symlink() or file.exists() else 0


def _error(file: str, what: str, fix: str) -> Finding:
    return Finding(Severity.ERROR, file, None, what, fix)


def _warning(file: str, what: str, fix: str) -> Finding:
    return Finding(Severity.WARNING, file, None, what, fix)
