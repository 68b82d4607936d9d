"""The same system as a container of systemd-nspawn: boots in seconds, on this machine's kernel.

What it cannot show are limits: control groups of version 2 have here what this machine's kernel
leaves them. It has a network of its own, in which it is alone.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

BOOT_SECONDS = 300.0
COMMAND_SECONDS = 1800.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CALLS = "@keyring bpf"
# Something that looks like a way out: packets of apps go there, and nobody answers.
WAY_OUT = (
    "ip link show out >/dev/null 2>&1 || (ip link add out type veth peer name away && "
    "ip link set out up && ip link set away up && "
    "ip address add 192.0.2.1/24 dev out && ip route add default via 192.0.2.2)"
)


class Container:
    """Has the methods of `Machine`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nspawn: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        argv = (
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network"),
            *("--capability=all", f"--system-call-filter={CALLS}"),
            *("--directory", str(self._folder / "root"), "--boot"),
        )
        with (self._folder / "console.log").open("ab") as console:
            self._nspawn = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        self._await_running()

    def run(self, command: str, *, check: bool = True) -> str:
        """What a line of shell prints in there."""
        done = self._enter(command)
        if check and done.returncode:
            raise SystemExit(f"Failed ({done.returncode}): {command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def reboot(self) -> None:
        """Down and up again: systemd-nspawn does not always survive a reboot of what it runs."""
        self.power_off()
        self.boot()

    def power_off(self) -> None:
        if self._nspawn is not None and self._nspawn.poll() is None:
            self._enter("systemctl poweroff")
            self._nspawn.wait(300)

    def _await_running(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while self._enter("systemctl is-system-running").stdout.strip() not in (
            "running",
            "degraded",
        ):
            if time.monotonic() > deadline:
                raise SystemExit(f"The container does not boot: see {self._folder}/console.log")
            time.sleep(0.5)
        self.run(WAY_OUT)

    def _enter(self, command: str) -> subprocess.CompletedProcess[str]:
        init = self._init()
        if init is None:
            return subprocess.CompletedProcess((), 255, "", "It does not run.")
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        clean = ("env", "-i", f"PATH={PATH}", "HOME=/root", "bash", "-c", command)
        return subprocess.run(
            ("nsenter", "--target", str(init), *spaces, *clean),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )

    def _init(self) -> int | None:
        """The container's first process: below systemd-nspawn, perhaps by one more of its kind."""
        assert self._nspawn is not None  # noqa: S101 - started by boot
        below = [self._nspawn.pid]
        while below:
            pid = below.pop()
            if pid != self._nspawn.pid and _name(pid) == "systemd":
                return pid
            below += _children(pid)
        return None


def _children(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
