"""Trying sandboxes out: what works depends on the kernel, the file system and the user."""

from __future__ import annotations

import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path

from portico.engines.local.children.descriptors import closing, text_file
from portico.engines.local.children.spawn import CONSTANT
from portico.engines.local.disk.folders import own_folder, remove
from portico.engines.local.sandboxes.filters import open_filter
from portico.engines.sandbox import (
    ENVIRONMENT_FILE,
    Bind,
    Directory,
    Kernel,
    Link,
    MemoryOverlay,
    Mount,
    Network,
    Overlay,
    Sandbox,
    Text,
    launcher_words,
)
from portico.layout import users

# Where a distribution with a merged /usr has links; elsewhere they are folders of their own.
ROOT_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


class Layer(StrEnum):
    """Where the writes to /app can go."""

    DISK = "disk"
    MEMORY = "memory"
    NONE = "none"


def base_mounts() -> tuple[Mount, ...]:
    links = [
        Link(str(Path(folder).readlink()).lstrip("/"), folder)
        if Path(folder).is_symlink()
        else Bind(folder, folder)
        for folder in ROOT_FOLDERS
        if Path(folder).exists()
    ]
    return (Bind("/usr", "/usr"), *links)


def measure_layer(launcher: str, data: Path) -> Layer:
    """Try: whether overlays work depends on the kernel, the file system and the user."""
    data.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="overlay-", dir=data))
    owner = users().build
    try:
        lower, upper, work = (
            str(own_folder(scratch / name, owner)) for name in ("lower", "upper", "work")
        )
        if _writes_to(launcher, owner, Overlay(lower, upper, work, "/app")):
            return Layer.DISK
        memory = MemoryOverlay(lower, "/app")
        return Layer.MEMORY if _writes_to(launcher, owner, memory) else Layer.NONE
    finally:
        remove(scratch)


def _writes_to(launcher: str, user: int | None, app: Mount) -> bool:
    return trial(launcher, user, "echo > /app/written", app).returncode == 0


def trial(
    launcher: str,
    user: int | None,
    command: str,
    *mounts: Mount,
    network: Network = Network.LAUNCHERS,
) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in a sandbox that is made like those of apps."""
    nothing = text_file("environment", b"")
    sandbox = Sandbox(
        mounts=(
            *base_mounts(),
            Directory("/run"),
            Directory("/run/portico"),
            Text(nothing, ENVIRONMENT_FILE),
            Kernel(),
            *mounts,
        ),
        command=("/bin/sh", "-c", command),
        user=user,
        hostname="localhost",
        directory="/",
        network=network,
    )
    with closing(nothing), open_filter(sandbox.refusals) as filtering:
        own = () if filtering is None else (filtering,)
        return subprocess.run(
            [launcher, *launcher_words(sandbox, filtering)],
            env=dict(CONSTANT),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=(nothing, *own),
        )
