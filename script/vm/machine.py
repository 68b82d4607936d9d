"""The running machine: boots, takes commands over ssh, goes down."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

BOOT_SECONDS = 1200.0
COMMAND_SECONDS = 3600.0
MEMORY = "3072"
# An emulated processor with several cores now and then stumbles over a kernel that patches itself.
APPEND = "root=/dev/vda rw console=ttyS0 mitigations=off quiet panic=5"


class Machine:
    """Its changes are in `run.qcow2`; the disk below it stays as it was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._qemu: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        overlay = self._folder / "run.qcow2"
        if not overlay.exists():
            make = ("qemu-img", "create", "-q", "-f", "qcow2", "-b", "disk.raw", "-F", "raw")
            subprocess.run((*make, str(overlay)), check=True)
        with (self._folder / "console.log").open("ab") as console:
            self._qemu = subprocess.Popen(
                self._argv(overlay), stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        self.await_ssh()

    def _argv(self, overlay: Path) -> tuple[str, ...]:
        accel = os.environ.get("VM_ACCEL", "tcg,thread=multi")
        # Not `max`: what an emulated processor does not offer, it need not emulate.
        processor = "host" if accel.startswith("kvm") else "Nehalem"
        forward = f"user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{self._port}-:22"
        return (
            *("nice", "-n", "5", "qemu-system-x86_64", "-accel", accel, "-cpu", processor),
            *("-smp", "2", "-m", MEMORY, "-nographic", "-no-user-config", "-nic", forward),
            *("-kernel", str(self._folder / "vmlinuz"), "-initrd", str(self._folder / "initrd")),
            *("-append", APPEND),
            *("-drive", f"file={overlay},if=virtio,cache=unsafe"),
        )

    def await_ssh(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while self._ssh("true", 60.0).returncode:
            assert self._qemu is not None  # noqa: S101 - started by boot
            if self._qemu.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The machine does not boot: see {self._folder}/console.log")
            time.sleep(1)

    def run(self, command: str, *, check: bool = True) -> str:
        """What a line of shell prints in there."""
        done = self._ssh(command, COMMAND_SECONDS)
        if check and done.returncode:
            raise SystemExit(f"Failed ({done.returncode}): {command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def reboot(self) -> None:
        before = self.run("cat /proc/sys/kernel/random/boot_id")
        self.run("systemctl reboot", check=False)
        while self._ssh("cat /proc/sys/kernel/random/boot_id", 60.0).stdout in ("", before):
            time.sleep(2)

    def power_off(self) -> None:
        if self._qemu is None or self._qemu.poll() is not None:
            return
        self._ssh("systemctl poweroff", 60.0)
        try:
            self._qemu.wait(600)
        except subprocess.TimeoutExpired:
            self._qemu.kill()
            self._qemu.wait()

    def _ssh(self, command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        options = (
            *options,
            "ConnectTimeout=50",
            "ServerAliveInterval=30",
            "ServerAliveCountMax=20",
        )
        words = [word for option in options for word in ("-o", option)]
        to = ("-i", str(self._folder / "key"), "-p", str(self._port), "root@127.0.0.1")
        argv = ("ssh", *words, *to, command)
        try:
            return subprocess.run(
                argv,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(argv, 255, "", f"No answer in {seconds:g} s.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as test:
        port: int = test.getsockname()[1]
        return port
