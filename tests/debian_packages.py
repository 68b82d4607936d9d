"""Debian's own packages for a mirror of a test's: all that a debian stack consists of."""

from __future__ import annotations

import subprocess
from pathlib import Path

from portico.agent.building.stacks import RELEASE
from portico.builder.apt.sources import DEBIAN, KEYRING
from portico.builder.apt.stack import PACKAGES

# What mmdebstrap's smallest variant has.
SMALLEST = ("?essential", "?priority(required)", "apt")
# apt with a root of its own, on which nothing is installed.
CONFIGURATION = """\
Dir "{root}";
Dir::State::status "{root}/status";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::trustedparts "/dev/null";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
"""
FOLDERS = (
    *("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/cache/apt/archives/partial"),
    "var/lib/apt/lists/partial",
)


def fetched(root: Path, *names: str) -> list[Path]:
    """The files of the stack's packages, of those, and of all that they need."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(f"deb [signed-by={KEYRING}] {DEBIAN} {RELEASE} main\n")
    (root / "apt.conf").write_text(CONFIGURATION.format(root=root))
    _apt_get(root, "update")
    _apt_get(root, "install", "--yes", "--download-only", *SMALLEST, *PACKAGES, *names)
    return sorted((root / "var/cache/apt/archives").glob("*.deb"))


def _apt_get(root: Path, *words: str) -> None:
    done = subprocess.run(
        ("apt-get", "--quiet", *words),
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "APT_CONFIG": str(root / "apt.conf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
