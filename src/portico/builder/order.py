"""What the agent tells a build step, and what the step answers. JSON on the wire.

A step's answer is a file of one object: {"answer": ...} or {"problem": {title, detail, hint}}. It
comes from a process that the author's code may have taken over: the agent trusts no field of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from portico.appjson import Liveness
from portico.builder.cache_keys import EnvironmentKey

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
