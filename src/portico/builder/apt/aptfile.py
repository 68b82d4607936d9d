"""The Aptfile: which packages of the distribution an app needs, and where else they come from.

Pure: the build and `portico check` share it. What apt itself would understand of a line and Portico
does not carry out is an error with the reason, so that no line means something else than it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from portico.errors import PorticoError
from portico.remarks import Remark, Remarked

NAME = "Aptfile"
MOST_BYTES = 64 << 10
ARMOUR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"

_REPOSITORY = ":repo:"
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~-]*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~/-]*")
_COMMENT = re.compile(r"(^|\s)#.*")
_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_LINES_HINT = (
    "A line names packages, such as `unixodbc libgomp1`, the https address of a .deb file, or a "
    "repository: `:repo:deb signed-by=keys/acme.asc https://apt.example.com/debian trixie main`."
)


@dataclass(frozen=True)
class Package:
    """`wish` is the name as apt takes it: `name`, `name=version` or `name/distribution`."""

    line: int
    wish: str

    @property
    def name(self) -> str:
        return re.split(r"[=/]", self.wish, maxsplit=1)[0]


@dataclass(frozen=True)
class DebFile:
    line: int
    url: str


@dataclass(frozen=True)
class Repository:
    """`signed_by` is a file of the app, the https address of a key, or '' for Debian's own keys."""

    line: int
    url: str
    distribution: str
    components: tuple[str, ...]
    signed_by: str = ""


@dataclass(frozen=True)
class Aptfile:
    packages: tuple[Package, ...] = ()
    files: tuple[DebFile, ...] = ()
    repositories: tuple[Repository, ...] = ()

    @property
    def key_files(self) -> tuple[str, ...]:
        """The files of the app that repositories are signed by."""
        names = {r.signed_by for r in self.repositories if not is_address(r.signed_by)}
        return tuple(sorted(names - {""}))

    @property
    def installs_something(self) -> bool:
        return bool(self.packages or self.files)


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """What is wrong with a line, in a sentence."""


def parse(text: str) -> Aptfile:
    """Read an Aptfile. Raises Remarked with every line that cannot be carried out."""
    if len(text) > MOST_BYTES:
        raise PorticoError(
            "The Aptfile is too long.",
            f"It has {len(text):,} characters; {MOST_BYTES:,} are allowed.",
            _LINES_HINT,
        )
    found: list[Package | DebFile | Repository] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        for read in _readings(number, _COMMENT.sub("", line).strip()):
            try:
                found.append(read())
            except _Wrong as wrong:
                problems.append((number, str(wrong)))
    if problems:
        raise malformed(problems)
    return Aptfile(
        tuple(item for item in found if isinstance(item, Package)),
        tuple(item for item in found if isinstance(item, DebFile)),
        tuple(item for item in found if isinstance(item, Repository)),
    )


def malformed(problems: Sequence[tuple[int, str]]) -> Remarked:
    """The error for an Aptfile of which lines cannot be carried out, each with its number."""
    return Remarked(
        "The Aptfile cannot be carried out.",
        "\n".join(f"Line {number}: {what}" for number, what in problems),
        _LINES_HINT,
        [Remark(NAME, number, what, _LINES_HINT) for number, what in problems],
    )


def is_public_key(content: bytes) -> bool:
    """Whether it begins as an OpenPGP key does, as text or in bytes."""
    armoured = content.lstrip().startswith(ARMOUR)
    return armoured or content[:1] >= b"\x80"


def is_address(text: str) -> bool:
    return "://" in text


def _readings(number: int, line: str) -> Iterator[Callable[[], Package | DebFile | Repository]]:
    """What a line consists of, each with how to read it: its faults are told one by one."""
    if line.startswith(_MERGE_MARKERS):
        yield lambda: _refused(f"It is the mark of a merge conflict: `{line[:40]}`.")
    elif line.startswith(_REPOSITORY):
        yield lambda: _repository(number, line)
    else:
        for word in line.split():
            yield partial(_package_or_file, number, word)


def _refused(reason: str) -> Package:
    raise _Wrong(reason)


def _package_or_file(number: int, word: str) -> Package | DebFile:
    if is_address(word):
        return _deb_file(number, word)
    name, separator, rest = _split(word)
    if not _PACKAGE.fullmatch(name):
        raise _Wrong(f"`{_shown(word)}` is not the name of a Debian package.{_advice(word)}")
    if name.endswith("-"):
        raise _Wrong(f"`{_shown(word)}` would remove a package; an Aptfile only adds some.")
    if separator == ":":
        raise _Wrong(
            f"`{_shown(word)}` names an architecture; packages are always those of the server's "
            f"own. Write `{name}`."
        )
    if separator and not (_VERSION if separator == "=" else _WORD).fullmatch(rest):
        raise _Wrong(f"`{_shown(word)}` has no version or distribution after `{separator}`.")
    return Package(number, word)


def _split(word: str) -> tuple[str, str, str]:
    """The name, and what follows after the first of `=`, `/` and `:`."""
    match = re.search(r"[=/:]", word)
    return word.partition(match[0]) if match else (word, "", "")


def _advice(word: str) -> str:
    if word.startswith("-"):
        return " Options of apt are not taken."
    if word.endswith(".deb"):
        return " A .deb file is given by its https address."
    lowered = word.lower()
    return f" Write `{lowered}`." if _PACKAGE.fullmatch(lowered) and lowered != word else ""


def _deb_file(number: int, word: str) -> DebFile:
    _check_address(word)
    if not urlsplit(word).path.endswith(".deb"):
        raise _Wrong(
            f"`{_shown(word)}` does not end in .deb. A repository is written `:repo:deb {word} "
            "<distribution> <components>`."
        )
    return DebFile(number, word)


def _repository(number: int, line: str) -> Repository:
    kind, *words = line.removeprefix(_REPOSITORY).replace("[", " [ ").replace("]", " ] ").split()
    if kind != "deb":
        raise _Wrong(f"`:repo:{_shown(kind)}` is not taken; only `:repo:deb` is, for packages.")
    options, places = _divided(words)
    signed_by = _signed_by(options)
    if len(places) < 2:
        raise _Wrong(
            "A repository has an address and a distribution: `:repo:deb <url> trixie main`."
        )
    url, distribution, *components = places
    _check_address(url)
    for word in (distribution, *components):
        if not (_WORD.fullmatch(word) or word == "./"):
            raise _Wrong(f"`{_shown(word)}` is not the name of a distribution or a component.")
    if bool(components) == distribution.endswith("/"):
        raise _Wrong(
            "A distribution that ends in `/` has no components, and any other has at least one, "
            "such as `main`."
        )
    return Repository(number, url, distribution, tuple(components), signed_by)


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    """The options, with or without brackets around them, and the rest."""
    if "[" in words and "]" in words:
        start, end = words.index("["), words.index("]")
        if start == 0 < end and not {"[", "]"} & set(words[end + 1 :]):
            return words[1:end], words[end + 1 :]
    if "[" in words or "]" in words:
        raise _Wrong("The brackets around the options do not match.")
    count = next(
        (
            n
            for n, word in enumerate(words)
            if is_address(word) and "=" not in word.partition("://")[0]
        ),
        0,
    )
    return words[:count], words[count:]


def _signed_by(options: list[str]) -> str:
    for option in options:
        name, _, value = option.partition("=")
        if name == "trusted":
            raise _Wrong(
                "`trusted` is not taken: it would install packages that nobody has signed. Name the "
                "repository's key with `signed-by=`."
            )
        if name != "signed-by":
            raise _Wrong(f"The option `{_shown(name)}` is not taken; `signed-by=` is the only one.")
        _check_key(value)
    if len(options) > 1:
        raise _Wrong("`signed-by=` stands there more than once.")
    return options[0].partition("=")[2] if options else ""


def _check_key(value: str) -> None:
    if is_address(value):
        return _check_address(value)
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or "," in value:
        raise _Wrong(
            f"`signed-by={_shown(value)}` does not name a file of the app. Put the repository's key "
            "into the app and write its path, such as `signed-by=keys/acme.asc`, or write the "
            "key's https address."
        )
    return None


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _Wrong(f"`{_shown(url)}` is not an address.") from None
    if parts.scheme != "https":
        raise _Wrong(f"`{_shown(url)}` is not an https address, which it has to be.")
    if parts.username or parts.password:
        raise _Wrong("The address holds a user name or a password, which everybody could read.")
    if not parts.hostname or not re.fullmatch(r"[!-~]+", url) or set(url) & set("\"'\\[]|<>"):
        raise _Wrong(f"`{_shown(url)}` is not an address.")


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."
