"""Where a version of Portico comes from: uv's arguments for it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from portico.errors import PorticoError

# What only some servers need, and the package of others that shows that it is there.
EXTRAS = {"saml": "onelogin"}


@dataclass(frozen=True)
class Source:
    """`where`: a wheel, a checkout, a folder of wheels, or the address of an index."""

    where: str

    @property
    def file(self) -> Path | None:
        """The wheel or the checkout, which is installed as it is."""
        path = Path(self.where).resolve()
        is_one = self.where.endswith(".whl") or (path / "pyproject.toml").exists()
        return path if is_one and not self._is_index else None

    @property
    def _is_index(self) -> bool:
        return self.where.startswith(("https://", "http://"))

    def options(self) -> tuple[str, ...]:
        """What tells uv where to look."""
        if self.file:
            return ()
        if self._is_index:
            return ("--default-index", self.where)
        return ("--find-links", str(Path(self.where).resolve()))

    def requirement(self, version: str, extras: tuple[str, ...] = ()) -> str:
        name = f"portico[{','.join(extras)}]" if extras else "portico"
        if self.file:
            return f"{name} @ {self.file.as_uri()}" if extras else str(self.file)
        return f"{name}=={version}"

    def version(self) -> str | None:
        """Which version that is, where it can be told without asking an index."""
        if self.file is None:
            return None
        if self.file.suffix == ".whl":
            return _version_of_wheel(self.file)
        return str(tomllib.loads((self.file / "pyproject.toml").read_text())["project"]["version"])


def own_source() -> Source | None:
    """What this very program was installed from, as pip and uv note it down, if it is still there."""
    try:
        noted = distribution("portico").read_text("direct_url.json") or "{}"
    except PackageNotFoundError:
        noted = "{}"
    address = urlsplit(str(json.loads(noted).get("url", "")))
    path = Path(unquote(address.path))
    return Source(str(path)) if address.scheme == "file" and path.exists() else None


def extras_in(environment: Path) -> frozenset[str]:
    """Those that a Python environment has, however they came there."""
    places = [*environment.glob("lib/python3*/site-packages")]
    return frozenset(
        extra
        for extra, package in EXTRAS.items()
        if any((one / package).is_dir() for one in places)
    )


def _version_of_wheel(wheel: Path) -> str:
    parts = wheel.name.split("-")
    if len(parts) >= 5 and parts[0] == "portico":
        return parts[1]
    raise PorticoError(
        "This is not a wheel of Portico.",
        f"{wheel.name} is not named like one: portico-VERSION-py3-none-any.whl.",
        "Give the file as it was published, or the folder that it lies in.",
    )
