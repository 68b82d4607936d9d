"""pylock.toml, the lock file of PEP 751."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portico.builder import reading
from portico.builder.forms.form import Dependencies
from portico.builder.requirements import is_public
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "pylock.toml"
_PUBLIC_INDEX = "https://pypi.org/simple"


def read(tree: Path) -> Dependencies:
    packages = _packages(tree)
    lines = [_line(package) for package in packages]
    elsewhere = [p for p, line in zip(packages, lines, strict=True) if not is_public(line)]
    reason = (
        f"{NAME} takes {str(elsewhere[0].get('name'))[:60]} from elsewhere" if elsewhere else ""
    )
    return Dependencies((NAME,), reason, frozenset(str(p.get("name")) for p in packages))


def install(uv: Uv, tree: Path) -> None:
    lines = [_line(package) for package in _packages(tree)]
    if not uv.shared and ("@" in lines or not uv.has_other_index):
        uv.pip_install("-r", NAME, tree=tree)
        return
    # Not from the addresses in the file; see uv_lock.
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text("\n".join(lines))
        uv.pip_install("--no-deps", "--require-hashes", "-r", str(listed), tree=tree)


def _packages(tree: Path) -> list[dict[str, Any]]:
    listed = reading.toml(tree, NAME).get("packages")
    if isinstance(listed, list) and all(isinstance(package, dict) for package in listed):
        return listed
    raise PorticoError(
        "pylock.toml cannot be understood.",
        "It has no list of packages.",
        "Make it anew, with `uv export --format pylock.toml -o pylock.toml` for example.",
    )


def _line(package: dict[str, Any]) -> str:
    """The package as a requirement with hashes, '@' when it does not come from an index."""
    hashes = sorted(set(_hashes(package)))
    if not hashes or package.get("index", _PUBLIC_INDEX) != _PUBLIC_INDEX:
        return "@"
    marker = f" ; {package['marker']}" if "marker" in package else ""
    requirement = f"{package.get('name')}=={package.get('version')}{marker}"
    return " ".join([requirement, *(f"--hash=sha256:{value}" for value in hashes)])


def _hashes(package: dict[str, Any]) -> Iterator[str]:
    wheels = package.get("wheels")
    for file in [*(wheels if isinstance(wheels, list) else []), package.get("sdist")]:
        hashes = file.get("hashes") if isinstance(file, dict) else None
        value = hashes.get("sha256") if isinstance(hashes, dict) else None
        if isinstance(value, str):
            yield value
