"""Which files of a folder make up a source: all but `.git` and what `.gitignore` files say."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from portico.cli import ignore
from portico.cli.git import git, said
from portico.cli.ignore import Rules, ignored
from portico.errors import PorticoError

LISTING = ("ls-files", "-co", "--exclude-per-directory=.gitignore", "-z")


def listed(folder: Path) -> list[str]:
    """Sorted paths of regular files and links, relative to the folder. Raises when there are none.

    Inside a git work tree git is asked, so that what is tracked and ignored stays in. Where git
    ignores the folder itself it has nothing to say, and the folder's own rules count.
    """
    try:
        paths = by_git(folder) if in_work_tree(folder) else []
        found = sorted({path for path in paths if _is_content(folder / path)}) or by_rules(folder)
    except OSError as error:
        raise unreadable(str(error.filename or folder), error) from error
    if not found:
        raise PorticoError(
            f"{folder.resolve().name} holds nothing to deploy.",
            "There are no files in it, or .gitignore leaves out all of them.",
            "Put the app there, with a Procfile and its requirements, or give another PATH.",
        )
    return found


def in_work_tree(folder: Path) -> bool:
    return said(folder, "rev-parse", "--is-inside-work-tree") == "true"


def by_git(folder: Path) -> list[str]:
    """What git lists; repositories inside (submodules, clones) are asked for theirs."""
    answer = git(folder, *LISTING)
    if answer.returncode or b"could not open directory" in answer.stderr:
        raise _unlisted(folder, os.fsdecode(answer.stderr).strip())
    names = os.fsdecode(answer.stdout).split("\0")[:-1]
    if names == ["./"]:  # the folder is a submodule that was never made one here
        return by_rules(folder)
    found = []
    for name in names:
        inner = folder / name
        if inner.is_dir() and not inner.is_symlink():
            found += [f"{name.rstrip('/')}/{path}" for path in _inner(inner, name)]
        else:
            found.append(name)
    return [path for path in found if ".git" not in path.split("/")]


def by_rules(folder: Path) -> list[str]:
    """The same without git, by reading the `.gitignore` files."""
    return sorted(_walk(folder, "", ()))


def _inner(folder: Path, name: str) -> list[str]:
    found = by_git(folder) if (folder / ".git").exists() else by_rules(folder)
    if not found and not any(folder.iterdir()):
        raise PorticoError(
            f"The submodule {name} is empty.",
            "Git knows of it, but its files were never fetched.",
            "Fetch them: `git submodule update --init --recursive`.",
        )
    return found


def _walk(top: Path, prefix: str, rules: Sequence[Rules]) -> Iterator[str]:
    entries = list(os.scandir(top / prefix))
    rules = (*_rules_of(top, prefix), *rules)
    for entry in entries:
        path = prefix + entry.name
        folder = entry.is_dir(follow_symlinks=False)
        if entry.name == ".git" or ignored(os.fsencode(path), rules, folder=folder):
            continue
        if folder:
            yield from _walk(top, path + "/", rules)
        elif entry.is_symlink() or entry.is_file():
            yield path


def _rules_of(top: Path, prefix: str) -> list[Rules]:
    file = top / prefix / ".gitignore"
    if file.is_symlink() or not file.is_file():  # git follows no link here either
        return []
    return [ignore.read(file.read_bytes(), os.fsencode(prefix))]


def _is_content(path: Path) -> bool:
    """Regular files and links that are really there; git also lists what was just removed."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def unreadable(path: str, error: OSError) -> PorticoError:
    return PorticoError(
        f"{path} cannot be read.",
        f"{error.strerror or error}.",
        "Make it readable for your user, or put it into .gitignore.",
    )


def _unlisted(folder: Path, found: str) -> PorticoError:
    return PorticoError(
        f"Git cannot list the files of {folder.resolve().name}.",
        found or "It gave no reason.",
        "See what `git status` says there, and make unreadable folders readable or ignored.",
    )
