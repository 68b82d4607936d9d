"""What an environment.yml costs, of the same packages as the requirements in `builds`.

No channel can be reached from everywhere, so the packages are made here, out of the wheels' files:
of their real number and size, stored instead of compressed, from a folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.metadata import Distribution, distributions
from pathlib import Path

from uv import find_uv_bin

from benchmarks.builds import compared
from benchmarks.results import Figure
from benchmarks.server import Server
from tests.channels import Package, interpreter, make_channel

NAMES = ("pandas", "plotly", "dash")
FILE = "environment.yml"
ENVIRONMENT = f"channels: [bench]\ndependencies: [{', '.join(NAMES)}]\n"


def figures(server: Server) -> list[Figure]:
    """First builds, rebuilds and a second app, as with requirements."""
    with tempfile.TemporaryDirectory() as folder:
        channel, size = _channel(Path(folder))
        _use(server, channel)
        first, *rest = compared(server, FILE, ENVIRONMENT)
    return [replace(first, beside=f"{first.beside}; {size}"), *rest]


def _use(server: Server, channel: Path) -> None:
    (server.data / "portico.toml").write_text(f'[conda_channels]\nbench = "file://{channel}"\n')
    server.cli("server", "restart", "--data", str(server.data))


def _channel(folder: Path) -> tuple[Path, str]:
    """A channel of those packages and all that they need; and how much that is."""
    site = folder / "site"
    words = ("pip", "install", "--quiet", "--python", sys.executable, "--target", str(site))
    subprocess.run((find_uv_bin(), *words, *NAMES), check=True)
    packages = [_package(found) for found in distributions(path=[str(site)])]
    size = sum(len(data) for package in packages for data in package.files.values())
    count = sum(len(package.files) for package in packages)
    channel = make_channel(folder / "channel", interpreter(), *packages)
    return channel, f"{len(packages)} packages, {count:,} files, {size / 1e6:.0f} MB"


def _package(found: Distribution) -> Package:
    needs = [line for line in found.requires or () if ";" not in line]
    paths = [Path(str(file.locate())) for file in found.files or ()]
    root = Path(str(found.locate_file("")))
    return Package(
        _plain(found.name),
        found.version,
        depends=("python", *map(_plain, needs)),
        files={
            f"site-packages/{path.relative_to(root)}": path.read_bytes()
            for path in paths
            if path.is_file() and path.is_relative_to(root) and path.suffix != ".pyc"
        },
        python=True,
        suffix=".conda",
    )


def _plain(requirement: str) -> str:
    """The name alone: what was installed together goes together."""
    name = "".join(c if c.isalnum() or c in "-_." else " " for c in requirement).split()[0]
    return name.lower().replace("_", "-").replace(".", "-")
