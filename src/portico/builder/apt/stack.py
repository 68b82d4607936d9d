"""Makes the debian stack: a small root file system with Python, by mmdebstrap.

Runs on the host's system, as the root of a user namespace, before there is a stack to run on.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from portico.builder.apt import sources as apt_sources
from portico.builder.apt import trust
from portico.builder.apt.running import Ran, run
from portico.builder.apt.sources import Source
from portico.builder.order import StackMade, StackOrder
from portico.errors import PorticoError

# Beside what Debian itself requires: what builds use, and what programs look up by name.
PACKAGES = ("python3", "ca-certificates", "git", "media-types", "netbase", "tzdata")
FOLDERS = ("app", "data", "out", "portico", "py", "source")
FILES = ("etc/hosts", "etc/resolv.conf")
# No service may be started by a package's script.
POLICY = "#!/bin/sh\nexit 101\n"
# apt's settings here and in every layer; documentation is left out, licences are not.
APT_OPTIONS = ('Acquire::Languages "none"', 'APT::Install-Recommends "false"')
DPKG_OPTIONS = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "force-unsafe-io",
)
MEASURE = (
    "import json, os, sys; "
    "print(json.dumps([os.confstr('CS_GNU_LIBC_VERSION'), '%d.%d.%d' % sys.version_info[:3]]))"
)


def make(order: StackOrder) -> StackMade:
    """Fill /stack. Raises PorticoError with mmdebstrap's own words."""
    bundle = trust.bundle()
    there = apt_sources.asker(trust.context(bundle))
    sources, missing = apt_sources.of_debian(order.debian, order.release, there)
    trust.warn(missing)
    ended = run(words(order.release, order.places.stack, sources, bundle), worth_showing)
    if ended.code:
        raise not_made(ended)
    _furnish(order.places.stack)
    return _measured(order.places.stack)


def words(release: str, folder: Path, sources: Sequence[Source], bundle: Path) -> list[str]:
    """mmdebstrap's command line."""
    apt = (*APT_OPTIONS, f'Acquire::https::CAInfo "{bundle}"')
    return [
        "mmdebstrap",
        "--mode=root",
        "--format=directory",
        "--variant=minbase",
        "--skip=setup/hostname,output/dev",
        f"--include={','.join(PACKAGES)}",
        *(f"--aptopt={option}" for option in apt),
        *(f"--dpkgopt={option}" for option in DPKG_OPTIONS),
        release,
        str(folder),
        *(str(source) for source in sources),
    ]


def worth_showing(line: str) -> bool:
    """mmdebstrap's stages, without its views of the machine."""
    return line.startswith("I: ") and line.endswith(("...", "seconds"))


def not_made(ended: Ran) -> PorticoError:
    said = [line for line in ended.last if line.startswith(("E:", "W: GPG", "Err:"))]
    text = "\n".join(said or ended.last) or "It said nothing."
    return PorticoError(
        "The debian stack could not be made, which an app with an Aptfile stands on.",
        f"mmdebstrap said:\n{text}",
        "Deploy again; if it fails again, ask the operator whether the server reaches Debian's "
        "repository, or the one in the setting apt_repository.",
    )


def _furnish(stack: Path) -> None:
    """Places for what a sandbox mounts, so that no layer has to make them."""
    for name in FOLDERS:
        (stack / name).mkdir(exist_ok=True)
    for name in FILES:
        (stack / name).unlink(missing_ok=True)
        (stack / name).touch()
    policy = stack / "usr/sbin/policy-rc.d"
    policy.write_text(POLICY)
    policy.chmod(0o755)


def _measured(stack: Path) -> StackMade:
    asked = ["/usr/sbin/chroot", str(stack), "/usr/bin/python3", "-I", "-S", "-c", MEASURE]
    library, python = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    version = (stack / "etc/debian_version").read_text().split(".")[0].strip()
    return StackMade(version, library.replace(" ", ""), python)
