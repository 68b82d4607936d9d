"""What the agent tells a build step, and what the step answers. JSON on the wire.

A step's answer is a file of one object: {"answer": ...} or {"problem": {title, detail, hint}}. It
comes from a process that the author's code may have taken over: the agent trusts no field of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from portico.appjson import Liveness

T = TypeVar("T")
Mode = Literal["own", "mount", "strip"]
MARKER = ".portico-complete"
DISK_FULL = 28  # the exit code of a step that has no room for its answer


@dataclass(frozen=True)
class Places:
    """Where things lie inside the sandbox; tests put them elsewhere."""

    app: Path = Path("/app")
    source: Path = Path("/source")
    py: Path = Path("/py")
    out: Path = Path("/out")
    uv: Path = Path("/portico/bin/uv")
    interpreters: tuple[Path, ...] = (Path("/usr/bin"), Path("/usr/local/bin"))
    stack: Path = Path("/stack")
    own: Path = Path("/run/portico")  # files of this step alone
    downloads: Path = Path("/var/cache/apt")

    def environment(self, name: str) -> Path:
        return self.py / "envs" / name

    def conda(self, channels: str) -> Path:
        """Archives of conda packages from those channels, their indexes, and what was solved."""
        return self.py / "conda" / channels

    @property
    def pythons(self) -> Path:
        return self.py / "pythons"

    @property
    def bytecode(self) -> Path:
        return self.py / "bytecode"


@dataclass(frozen=True)
class EnvironmentKey:
    """All that goes into an environment: equal keys, equal environments.

    `files` are the names and SHA-256 of the files that decide, `shape` stands for what else of the
    tree does. `salt` is another one after a build without caches. `settings` is a digest of the
    config vars that steer the installer. `index` tells the operator's package indexes from others,
    '' for PyPI. For conda environments `rattler` is the version of their installer, and `channels`
    stands for the addresses that packages come from. `owner` is the app's id when it cannot be
    shared; then `layer` names the system packages that something may have been compiled with.
    """

    stack: str
    python: str
    uv: str
    form: str
    files: tuple[tuple[str, str], ...]
    shape: str = ""
    salt: str = ""
    settings: str = ""
    index: str = ""
    rattler: str = ""
    channels: str = ""
    owner: int | None = None
    layer: str = ""

    def digest(self) -> str:
        """The environment's name, 32 hex digits."""
        return _digest(self)


@dataclass(frozen=True)
class LayerKey:
    """All that goes into an app's layer of system packages, but for what repositories hold that day.

    `keys` are the names and SHA-256 of the files that repositories are signed by; `salt` is another
    one after a build without caches. `owner` is the app's id: a layer is never shared.
    """

    stack: str
    aptfile: str
    keys: tuple[tuple[str, str], ...]
    salt: str
    owner: int

    def digest(self) -> str:
        """The layer's name, 32 hex digits."""
        return _digest(self)


def _digest(key: object) -> str:
    return hashlib.sha256(encode(key).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class PrepareOrder:
    """Unpack the source and say what it is. `conda_channels` shows no credentials.

    `debian_python` is the full version of the debian stack's Python, '' while there is no such stack.
    """

    stack: str
    uv: str
    debian_python: str = ""
    salt: str = ""
    conda_channels: dict[str, str] = field(default_factory=dict, hash=False)
    most_bytes: int = 4 << 30
    most_files: int = 100_000
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class Apt:
    """An Aptfile that installs something: its text, and the app's key files, as base64 by name.

    So the step that installs packages, whose scripts are anybody's, need not see the app at all.
    """

    text: str
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a source brings.

    `private` says why its environment cannot be shared, '' if it can; `python_missing`: the key's
    Python has to be installed first; `modules` are the app's own, `a` and `a.b`; `variables` are
    defaults of its environment.
    """

    key: EnvironmentKey
    private: str
    python_missing: bool
    processes: dict[str, str]
    release_command: str | None = None
    formation: dict[str, int] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    generated: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    health_path: str | None = None
    liveness: Liveness | None = None
    predeploy: str | None = None
    postdeploy: str | None = None
    warnings: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    apt: Apt | None = None


@dataclass(frozen=True)
class Debian:
    """Where the distribution's packages come from, as a step sees it.

    `replaced` says that it is the operator's: then only the release itself has to be there.
    """

    url: str
    signed_by: str
    replaced: bool = False


@dataclass(frozen=True)
class StackOrder:
    """Make a root file system of that release of Debian."""

    release: str
    debian: Debian
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class StackMade:
    """What it is: Debian's version, that of the C library, and of Python."""

    version: str
    library: str
    python: str


@dataclass(frozen=True)
class AptOrder:
    """Install what that Aptfile names."""

    apt: Apt
    release: str
    debian: Debian
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class AptInstalled:
    """`packages` are those that were not there before, with their versions."""

    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class InterpreterOrder:
    """Say which Python the app gets on the stack that this step runs on."""

    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class Interpreter:
    """`missing`: it has to be installed first."""

    python: str
    missing: bool


@dataclass(frozen=True)
class PythonOrder:
    """Install that Python for everybody."""

    version: str
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class PythonInstalled:
    """The full version that is there now."""

    version: str


@dataclass(frozen=True)
class FetchOrder:
    """Decide which conda packages the environment of that key has, and bring their archives here.

    `channels` are the operator's addresses, `config` the app's config vars, both with secrets.
    """

    key: EnvironmentKey
    channels: dict[str, str] = field(default_factory=dict, hash=False)
    config: dict[str, str] = field(default_factory=dict, hash=False)
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class Fetched:
    """How many archives were not there yet."""

    archives: int


@dataclass(frozen=True)
class InstallOrder:
    """Make the environment of that key. `refresh`: what was downloaded or built before may be old."""

    key: EnvironmentKey
    places: Places = field(default_factory=Places)
    refresh: bool = False


@dataclass(frozen=True)
class Installed:
    """`without_wheel` says why a shared environment cannot be made, '' when it was."""

    without_wheel: str = ""


@dataclass(frozen=True)
class FinishOrder:
    """Check the app in its environment and let it make its static files."""

    app_name: str
    host: str
    environment: str
    form: str
    path_mode: Mode | None = None
    predeploy: str | None = None
    variables: dict[str, str] = field(default_factory=dict, hash=False)
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class Finished:
    """`path_mode` is None when only the running app can tell. `variables` are to be set for its
    processes, those of the order among them."""

    path_mode: Mode | None = None
    python: str = ""
    warnings: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


def encode(value: object) -> str:
    """A dataclass as JSON, always in the same order."""
    return json.dumps(dataclasses.asdict(value), default=str, sort_keys=True)  # type: ignore[call-overload]


def decode(kind: type[T], text: str) -> T:
    """The dataclass that `encode` wrote. For orders, which come from the agent."""
    return typing.cast("T", _value(kind, json.loads(text)))


def _value(kind: Any, raw: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(typing.cast("type[object]", kind), raw)
    if origin in (types.UnionType, typing.Union):
        return None if raw is None else _value(arguments[0], raw)
    if origin is tuple:
        kinds = [arguments[0]] * len(raw) if arguments[-1] is ... else arguments
        return tuple(_value(k, item) for k, item in zip(kinds, raw, strict=True))
    return Path(raw) if kind is Path else raw


def _dataclass(kind: type[object], raw: Mapping[str, Any]) -> object:
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in raw.items()})
