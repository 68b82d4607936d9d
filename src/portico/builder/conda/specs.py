"""The conda packages that are asked for, as rattler reads them."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rattler import MatchSpec
from rattler.exceptions import InvalidMatchSpecError

from portico.builder.conda.channels import hidden
from portico.builder.conda.document import Document, Entry, wrong
from portico.remarks import Remark

PYTHON = "python"
_CHANNEL = re.compile(r"\s*(\S+?)::\s*(.*)", re.DOTALL)
_FILE = re.compile(r"://|^git\+|\.conda\b|\.tar\.bz2\b|\[\s*url\s*=|,\s*url\s*=")
_BRACKET_CHANNEL = re.compile(r"\[(?:[^\]]*,)?\s*channel\s*=")
_EXACT = re.compile(r"(?:==|=)?(3\.\d{1,2}(?:\.\d{1,2})?)(?:\.?\*)?")
_HINT = "Write it as `numpy`, `numpy=1.26`, `numpy>=1.26,<2` or `conda-forge::numpy=1.26`."
ANY = "3"


@dataclass(frozen=True)
class Spec:
    """`text` is a match spec without its channel; `channel` is '' where any will do."""

    text: str
    name: str
    version: str
    channel: str = ""
    line: int = 0


def read(document: Document) -> tuple[list[Spec], list[Remark]]:
    """The specs of a document, and those that are none."""
    found = [_read(entry) for entry in document.specs]
    specs = [spec for spec in found if isinstance(spec, Spec)]
    return specs, [finding for finding in found if isinstance(finding, Remark)]


def python_version(specs: Iterable[Spec]) -> str:
    """The Python that the specs name: `3.11`, ANY where a range decides, '' for none."""
    versions = [spec.version for spec in specs if spec.name == PYTHON and spec.version]
    if not versions:
        return ""
    match = _EXACT.fullmatch(versions[0]) if len(versions) == 1 else None
    return match[1] if match else ANY


def python_to_add(specs: Iterable[Spec], version: str) -> list[str]:
    """That Python is added for the solver when no spec names a version of it."""
    return [] if python_version(specs) else [f"{PYTHON} {version}.*"]


def here() -> str:
    """This machine in conda's words."""
    machines = {"x86_64": "64", "arm64": "aarch64"}
    return f"linux-{machines.get(platform.machine(), platform.machine())}"


def without_subdir(channel: str) -> str:
    """The channel of `conda-forge/linux-64::numpy`."""
    base, _, subdir = channel.rpartition("/")
    return base if base and subdir in (here(), "noarch") else channel


def check_platforms(document: Document) -> Iterable[Remark]:
    """`platforms:`, where there is one, has to name this machine's."""
    listed = [entry.text for entry in document.platforms]
    if listed and here() not in listed:
        what = f"The environment is for {' and '.join(listed)}; this server is {here()}."
        yield wrong(document.platforms[0].line, what, f"Add `- {here()}` there.")


def _read(entry: Entry) -> Spec | Remark:
    match = _CHANNEL.fullmatch(entry.text)
    channel, text = (match[1], match[2]) if match else ("", entry.text)
    if problem := _not_supported(entry, text):
        return problem
    try:
        spec = MatchSpec(text)
    except InvalidMatchSpecError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        what = f"`{hidden(entry.text)[:80]}` asks for no conda package: {hidden(reason)[:200]}."
        return wrong(entry.line, what, _HINT)
    name = getattr(spec.name, "normalized", None) or str(spec.name)
    return Spec(text, str(name), spec.version or "", channel, entry.line)


def _not_supported(entry: Entry, text: str) -> Remark | None:
    shown = f"`{hidden(entry.text)[:80]}`"
    if _FILE.search(text):
        fix = "Name the package instead: `channel::package=version`; what pip installs, below pip."
        return wrong(entry.line, f"{shown} is a file, not the name of a package.", fix)
    if _BRACKET_CHANNEL.search(text):
        return wrong(
            entry.line, f"{shown} names its channel in brackets.", "Write `channel::package`."
        )
    return None
