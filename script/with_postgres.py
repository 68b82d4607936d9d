"""Runs a command with DATABASE_URL naming a PostgreSQL of its own, and ends that afterwards.

Where there is no PostgreSQL it says so, and succeeds without running the command.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

QUICK = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
SECONDS = "60"


def main(command: Sequence[str]) -> int:
    programs = find()
    if programs is None:
        print("PostgreSQL is absent: these tests run on SQLite only.")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="portico-postgres-"))
    try:
        os.chown(folder, *owner())
        folder.chmod(0o755)  # whoever runs the command finds the socket in it
        return serve(programs, folder, command)
    finally:
        shutil.rmtree(folder)


def serve(programs: Path, folder: Path, command: Sequence[str]) -> int:
    """Make a database, start its server, run the command, stop the server."""
    data = folder / "data"
    run(programs / "initdb", "-D", data, "-U", "portico", "-A", "trust", "-E", "UTF8", "--no-sync")
    settings = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", *QUICK)
    options = " ".join(settings)
    control = (programs / "pg_ctl", "-D", data, "-w", "-t", SECONDS)
    run(*control, "-l", folder / "log", "-o", options, "start")
    try:
        host = str(folder).replace("/", "%2F")
        url = f"postgres://portico@{host}/postgres"
        return subprocess.run(
            command, env={**os.environ, "DATABASE_URL": url}, check=False
        ).returncode
    finally:
        run(*control, "-m", "immediate", "stop")


def find() -> Path | None:
    """The folder of PostgreSQL's programs: Debian's newest, else what PATH has."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


def owner() -> tuple[int, int]:
    """PostgreSQL refuses to run as root, and wants a user with a name."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise SystemExit(
        "PostgreSQL needs an ordinary user to run as: neither postgres nor nobody is one."
    )


def run(*words: object) -> None:
    """As the database's owner. What it says is shown when it fails."""
    uid, gid = owner()
    switch = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd="/",
        check=False,
        **switch,
    )
    if done.returncode:
        raise SystemExit(done.stdout.decode())


if __name__ == "__main__":
    # A stopped test run stops its database too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
