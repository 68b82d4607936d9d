"""What `portico check` prints: an app's files read, none of its code run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from portico.builder.checks import commands, content, django, left_out, packages, program
from portico.builder.checks.source import Source, read
from portico.builder.findings import Finding

Check = Callable[[Source], Iterable[Finding]]
# What is sent; a build never sees the folder that it came from.
CONTENT: tuple[Check, ...] = (
    content.links,
    content.depth,
    content.size,
    content.letters,
    content.pointers,
    content.submodules,
    content.strangers,
)
# In the order in which an author reads what they find.
CHECKS: tuple[Check, ...] = (
    commands.remarks,
    commands.formation,
    commands.server,
    commands.files,
    program.started_by_hand,
    packages.ignored,
    packages.notes,
    packages.lock,
    django.settings,
    left_out.needed,
    *CONTENT,
)


def check(
    folder: Path, name: str, paths: Sequence[str] | None = None, uv: Path | None = None
) -> list[Finding]:
    """Everything worth saying about an app before it is deployed under that name.

    `paths` are the files that a deploy sends, all when not given; without `uv`, the program, its
    lock file is not compared with the project.
    """
    source, found = read(folder, name, paths, uv)
    return [*found, *(finding for each in CHECKS for finding in each(source))]


def of_content(folder: Path, paths: Sequence[str]) -> list[Finding]:
    """What can be said of the files that are sent without reading what they say."""
    source = Source(folder, "", tuple(paths))
    return [finding for each in CONTENT for finding in each(source)]
