"""Runs programs as an ordinary user who has subordinate ids, wherever that can be had.

As root such a user is made for one command alone: its lines for /etc/passwd, /etc/subuid and
/etc/subgid are mounted over the machine's in a mount namespace that ends with the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from portico.engines.local.disk.folders import remove
from portico.engines.local.user_namespaces.idmap import NoIds, server_mapping
from portico.engines.local.user_namespaces.opening import open_namespace
from portico.errors import PorticoError
from portico.layout import users

# Above all that distributions hand out, beside the numbers that a server as root uses, and others
# for each run of the tests: what is left by one must not look as if it were another's.
IDS = 0x1_0000
USER = 0x6FFF_0000 + os.getpid() % 0xFFFF
FIRST_ID = 0x6000_0000 + os.getpid() % 0x0800 * IDS
NAME = "portico-test"
CHECKOUT = Path(__file__).parents[1]
WITH_FILES = (
    'mount --make-rprivate / && for name in passwd subuid subgid; do mount --bind "$0/$name" '
    '"/etc/$name" || exit; done; '
    # Terminals of the group tty, as most machines have them: an id that is not the user's.
    'mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /dev/pts || exit; exec "$@"'
)


@dataclass(frozen=True)
class OrdinaryUser:
    """`home` is theirs; `words` is put before a command to run it as that user."""

    home: Path
    words: tuple[str, ...] = ()
    uid: int = os.geteuid()

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTICO_", "XDG_"))}
        return kept | {"HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*self.words, *command),
            cwd=CHECKOUT,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def ordinary_user() -> Iterator[OrdinaryUser]:
    """Skips the test, with the reason, where there can be none."""
    if users().subordinate:
        pytest.skip("needs the machine: this is a namespace of such a user's already")
    folder = Path(tempfile.mkdtemp(prefix="portico-"))
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir(0o755)
    try:
        user = OrdinaryUser(home, *_as_another(folder, home))
        require_ids(user)
        yield user
    finally:
        remove(folder)


def _as_another(folder: Path, home: Path) -> tuple[tuple[str, ...], int] | tuple[()]:
    """As root another user; an ordinary one is what is wanted already."""
    if os.geteuid() != 0:
        return ()
    account = f"{NAME}:x:{USER}:{USER}::{home}:/bin/sh\n"
    (folder / "passwd").write_text(Path("/etc/passwd").read_text().rstrip("\n") + "\n" + account)
    (folder / "subuid").write_text(f"{NAME}:{FIRST_ID}:{IDS}\n")
    (folder / "subgid").write_text(f"{USER}:{FIRST_ID}:{IDS}\n")
    os.chown(home, USER, USER)
    become = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--")
    return ("unshare", "--mount", "sh", "-c", WITH_FILES, str(folder), *become), USER


def require_ids(user: OrdinaryUser) -> None:
    done = user.run(sys.executable, "-c", "import tests.subordinate as s; s.try_ids()")
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        pytest.skip(f"needs subordinate ids: {said.rpartition(chr(10))[2]}")


def try_ids() -> None:
    """Run by `require_ids` as the ordinary user: ends with the reason when there are none."""
    mapping = server_mapping()
    if isinstance(mapping, NoIds):
        sys.exit(mapping.found)
    try:
        os.close(open_namespace((sys.executable, "-I", "-S"), mapping))
    except PorticoError as error:
        sys.exit(error.detail)
