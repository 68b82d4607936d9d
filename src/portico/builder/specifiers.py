"""Ranges of Python versions: `>=3.11,<3.14`, and poetry's `^3.11`, `~3.11`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Version = tuple[int, ...]
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>|\^|~|)\s*(\d+(?:\.\d+)*)(\.\*)?")
_LATEST = 10_000  # later than any patch release


@dataclass(frozen=True)
class Clause:
    """`>=3.11`; `wildcard`: it was written `==3.11.*`."""

    operator: str
    bound: Version
    wildcard: bool = False


# Alternatives, each a list of clauses that hold together.
Specifier = tuple[tuple[Clause, ...], ...]


def parse(text: str) -> Specifier | None:
    """None when it cannot be understood. `*` and nothing allow every version."""
    alternatives = [_clauses(part) for part in re.split(r"\|\|?", text)]
    return None if None in alternatives else tuple(a for a in alternatives if a is not None)


def fits(version: Version, specifier: Specifier) -> bool:
    """Whether a full version, such as 3.11.9, is within it."""
    return any(all(_holds(version, clause) for clause in clauses) for clauses in specifier)


def may_fit(minor: Version, specifier: Specifier) -> bool:
    """Whether some patch release of a minor version is within it."""
    patches = {0, _LATEST}
    for clause in (clause for clauses in specifier for clause in clauses):
        if clause.bound[:2] == minor and len(clause.bound) > 2:
            patches |= {max(clause.bound[2] - 1, 0), clause.bound[2], clause.bound[2] + 1}
    return any(fits((*minor, patch), specifier) for patch in patches)


def _clauses(text: str) -> tuple[Clause, ...] | None:
    # Poetry lets a space stand for a comma.
    joined = re.sub(r"([<>=!~^])\s+(?=\d)", r"\1", text.strip())
    parts = [part for part in re.split(r"[,\s]+", joined) if part not in ("", "*")]
    found = [_CLAUSE.fullmatch(part) for part in parts]
    if not all(found):
        return None
    return tuple(_clause(match) for match in found if match)


def _clause(match: re.Match[str]) -> Clause:
    bound = tuple(int(part) for part in match[2].split("."))
    # A bare `3.11` means that minor version, as people write it for poetry and pipenv.
    return Clause(match[1] or "==", bound, bool(match[3]) or not match[1])


def _holds(version: Version, clause: Clause) -> bool:
    bound = clause.bound
    if clause.operator in ("^", "~", "~="):
        return _padded(bound) <= version and version[: len(_fixed(clause))] == _fixed(clause)
    same = version[: len(bound)] == bound if clause.wildcard else version == _padded(bound)
    match clause.operator:
        case ">=":
            return version >= _padded(bound)
        case "<=":
            return version <= _padded(bound)
        case ">":
            return version > _padded(bound)
        case "<":
            return version < _padded(bound)
        case "!=":
            return not same
    return same


def _fixed(clause: Clause) -> Version:
    """What of the bound must stay: `^3.11` the 3, `~3.11` both, `~=3.11.2` the first two."""
    if clause.operator == "^":
        return clause.bound[:1]
    if clause.operator == "~":
        return clause.bound[:2]
    return clause.bound[:-1]


def _padded(bound: Sequence[int]) -> Version:
    return (*bound, 0, 0)[: max(len(bound), 3)]
