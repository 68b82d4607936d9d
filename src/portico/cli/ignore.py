"""Reads `.gitignore` files as git does.

A rule of git speaks of one file or folder; what lies in an ignored folder is never looked at.
Libraries that let a folder's rule match all that lies in it answer differently as soon as rules
with `!` follow (`*`, `!*/`, `!*.py`), so rules are read here, on bytes as in git, and a test
compares the answers with git's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CLASSES = {
    b"alnum": rb"a-zA-Z0-9",
    b"alpha": rb"a-zA-Z",
    b"blank": rb" \t",
    b"digit": rb"0-9",
    b"lower": rb"a-z",
    b"punct": re.escape(rb"!\"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"),
    b"space": rb"\s",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9a-fA-F",
}
# What a pattern is made of, tried in this order.
TOKENS = re.compile(
    rb"(?P<folders>(?:(?<=/)|\A)\*{2,}/)"
    rb"|(?P<inside>(?<=/)\*{2,}\Z|\A\*{2,}\Z)"
    rb"|(?P<star>\*+)"
    rb"|(?P<any>\?)"
    rb"|(?P<set>\[[!^]?\]?(?:\[:[a-z]*:\]|\\.|[^\]\\])*\])"
    rb"|\\(?P<escaped>.)"
    rb"|(?P<plain>[^\\\[])",
    re.DOTALL,
)
MEMBERS = re.compile(
    rb"\[:(?P<class>[a-z]*):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\]))?", re.DOTALL
)


class NeverMatches(Exception):  # noqa: N818 - how git treats such a pattern, not a failure
    """A bracket that is not closed, a backslash at the end, an unknown class."""


@dataclass(frozen=True)
class Rule:
    """A line: an expression for a whole path, relative to the file's folder."""

    expression: re.Pattern[bytes]
    ignores: bool
    folders_only: bool


@dataclass(frozen=True)
class Rules:
    """One `.gitignore`; `prefix` is its folder from the top, with a closing slash."""

    prefix: bytes
    rules: tuple[Rule, ...]

    def decision(self, path: bytes, *, folder: bool) -> bool | None:
        """Whether it ignores the path; the last line that speaks of it counts, None: none does."""
        inner = path[len(self.prefix) :]
        for rule in reversed(self.rules):
            if (folder or not rule.folders_only) and rule.expression.fullmatch(inner):
                return rule.ignores
        return None


def ignored(path: bytes, rules: Sequence[Rules], *, folder: bool) -> bool:
    """The first in `rules` that says anything decides: the innermost has to stand there."""
    for each in rules:
        decision = each.decision(path, folder=folder)
        if decision is not None:
            return decision
    return False


def read(text: bytes, prefix: bytes = b"") -> Rules:
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return Rules(prefix, tuple(rule for line in lines if (rule := rule_of(line)) is not None))


def rule_of(line: bytes) -> Rule | None:
    """None for a comment, an empty line, and what git lets match nothing."""
    if line.startswith(b"#"):
        return None
    pattern = re.sub(rb"(?<!\\) +\Z", b"", line.removesuffix(b"\r"))
    negated = pattern.startswith(b"!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith(b"/")
    pattern = pattern[: len(pattern) - folders_only]
    if not pattern:
        return None
    try:
        expression = b"".join(_translated(pattern.removeprefix(b"/")))
    except NeverMatches:
        return None
    anywhere = b"" if b"/" in pattern else rb"(?:.*/)?"
    return Rule(re.compile(anywhere + expression, re.DOTALL), not negated, folders_only)


def _translated(pattern: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(pattern):
        token = TOKENS.match(pattern, at)
        if token is None:
            raise NeverMatches
        at = token.end()
        yield _expression(token)


def _expression(token: re.Match[bytes]) -> bytes:
    match token.lastgroup:
        case "folders":
            return rb"(?:.*/)?"
        case "inside":
            return rb".*"
        case "star":
            return rb"[^/]*"
        case "any":
            return rb"[^/]"
        case "set":
            return _set(token["set"][1:-1])
    return re.escape(token[token.lastgroup or 0])


def _set(members: bytes) -> bytes:
    """`[a-c]` and its like; never a slash."""
    negated = members[:1] in (b"!", b"^")
    found = b"".join(_member(each) for each in MEMBERS.finditer(members[negated:]))
    if negated:
        return b"[^/" + found + b"]"
    return b"(?!/)[" + found + b"]" if found else b"(?!)"


def _member(member: re.Match[bytes]) -> bytes:
    if (name := member["class"]) is not None:
        if name not in CLASSES:
            raise NeverMatches
        return CLASSES[name]
    low = member["low"].removeprefix(b"\\") or b"\\"
    high = (member["high"] or b"").removeprefix(b"\\")
    if not high:
        return re.escape(low)
    return re.escape(low) + b"-" + re.escape(high) if low <= high else b""
