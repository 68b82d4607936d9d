"""Lines of requirements files, and what to say about those that are wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from portico.builder.findings import Located
from portico.builder.local_requirements import Local

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
# What belongs to an address, a path, an option or a variable: the installer knows those better.
_ELSEWHERE = re.compile(r"[@/\\$]|^[-.]|\s--|\.(whl|zip|tar|tgz)|[^ -~]")
_WRITTEN = (
    (re.compile(rf"({_NAME})\s*=\s*([0-9]\S*)"), "Write `{0}=={1}`."),
    (re.compile(rf"({_NAME})\s+v?([0-9][0-9A-Za-z.]*)"), "Write `{0}=={1}`."),
    (
        re.compile(rf"(?:python3? -m )?pip3? install ({_NAME}).*"),
        "Write `{0}`, and each further package on a line of its own.",
    ),
)
_OTHERWISE = "Write the name of a package and its version, such as `django==5.2`."


@dataclass(frozen=True)
class Line:
    """`number` is that of its first line, when it is continued."""

    file: str
    number: int
    text: str


def malformed(line: Line) -> Located | None:
    """The error for what is certainly no requirement; `line` is none that names a package."""
    is_marker = line.text.startswith(_MERGE_MARKERS)
    if not is_marker and _ELSEWHERE.search(line.text):
        return None
    return Located(
        line.file,
        line.number,
        f"{line.file} has a line that is no requirement.",
        f"Line {line.number} says {shown(line.text)}.",
        "Finish the merge, and remove its markers." if is_marker else _rewritten(line.text),
    )


def missing_include(line: Line, include: str) -> Located:
    return Located(
        line.file,
        line.number,
        f"{line.file} includes a file that is not there.",
        f"Line {line.number} says {shown(line.text)}; the app has no file {include[:80]}.",
        "Deploy that file as well, or remove the line.",
    )


def not_there(tree: Path, line: Line, wish: Local) -> Located:
    """The error for a path of which nothing can be installed."""
    if (tree / wish.path).is_dir() and not wish.path.startswith("../"):
        return Located(
            line.file,
            line.number,
            f"{line.file} names a folder that is no Python project.",
            f"Line {line.number} says {shown(line.text)}; there is no pyproject.toml and no "
            "setup.py in it.",
            "Add one, or remove the line: modules in the app's folder are found without being "
            "installed.",
        )
    return Located(
        line.file,
        line.number,
        f"{line.file} names a file that is not there.",
        f"Line {line.number} says {shown(line.text)}; the app has no {wish.path[:80]}.",
        "Deploy that file as well, or remove the line.",
    )


def shown(text: str) -> str:
    """A line without what may be a password in an address."""
    hidden = re.sub(r"//[^/@\s]*@", "//***@", text)
    return f"`{hidden[:80]}`"


def _rewritten(text: str) -> str:
    for pattern, hint in _WRITTEN:
        if match := pattern.fullmatch(text):
            return hint.format(*match.groups())
    return _OTHERWISE
