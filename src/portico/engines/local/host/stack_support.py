"""Whether this machine can make the debian stack, which apps with an Aptfile stand on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from portico.engines.local.user_namespaces.idmap import NoIds, server_mapping
from portico.errors import PorticoError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def obstacle() -> str:
    """What is in the way, and what removes it; '' when nothing is."""
    if os.geteuid() != 0 and isinstance(found := server_mapping(), NoIds):
        return f"{found.found} {found.hint} Or start the server as root."
    if shutil.which("mmdebstrap", path="/usr/bin:/bin") is None:
        return "mmdebstrap is not installed. Install it: apt-get install mmdebstrap."
    if not KEYRING.exists():
        return "Debian's keys are not there. Install them: apt-get install debian-archive-keyring."
    return ""


def require() -> None:
    """Raises PorticoError when there is an obstacle."""
    if found := obstacle():
        raise PorticoError(
            "System packages cannot be installed on this server.",
            f"An app with an Aptfile stands on Debian, which the server has to make first. {found}",
            "Ask the operator for it; `portico server doctor` says the same.",
        )
