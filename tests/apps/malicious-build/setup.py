"""Does what no build may do, and says what it got: a line "got ..." for each success.

The test that deploys it names its aims in targets.json. What it says goes into a file of the app's
own, because installers show no output of a build that succeeds.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TARGETS = json.loads(Path("targets.json").read_text())
SKIPPED = {"/usr", "/sys", "/proc"}
SETUID = (
    ["su", "-c", "true"],
    ["sudo", "-n", "true"],
    ["mount", "-t", "tmpfs", "none", "/tmp/mounted"],
    ["ping", "-c", "1", "-W", "1", "127.0.0.1"],
    ["newgrp", "root"],
    ["unshare", "--user", "--map-root-user", "true"],
)
WRITES = (
    "/usr/bin/planted",
    "/etc/planted",
    "/portico/portico/planted",
    "/portico/bin/uv",
    "/run/portico/env",
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/planted",
    "/dev/planted",
)


def look():
    told = [*reads(), *writes(), *sockets(), *connections(), *through_the_proxy(), *setuid()]
    return [*told, *neighbours_in_proc()]


def reads():
    for path in TARGETS["paths"]:
        if os.path.lexists(path):
            yield f"got to see {path}"
    for root in ("/", *(f"/proc/{pid}/root/" for pid in pids()), *(f"/proc/{pid}/cwd/" for pid in pids())):
        yield from needles_below(root)


def needles_below(root):
    """Every file that can be read, but for those of the system."""
    for folder, names, files in os.walk(root):
        inside = "/" + os.path.relpath(folder, root).lstrip(".")
        names[:] = [name for name in names if os.path.join(inside, name) not in SKIPPED]
        for name in files:
            yield from needles_in(os.path.join(folder, name))


def needles_in(path):
    try:
        if not os.path.isfile(path):
            return
        with open(path, "rb") as file:
            content = file.read(4 << 20)
    except OSError:
        return
    # They are told backwards, and by number, so that nobody finds them here.
    for number, needle in enumerate(TARGETS["needles"]):
        if needle[::-1].encode() in content:
            yield f"got needle {number} from {path}"


def neighbours_in_proc():
    for pid in pids():
        yield from needles_in(f"/proc/{pid}/environ")
        yield from needles_in(f"/proc/{pid}/cmdline")
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                yield from needles_in(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue


def pids():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def writes():
    for path in (*WRITES, *(f"{path}/planted" for path in TARGETS["paths"])):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            yield f"got to write {path}"
        except OSError:
            continue


def sockets():
    abstract = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    for path in (*TARGETS["sockets"], *(name for name in abstract if name.startswith("@"))):
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(path.replace("@", "\0", 1) if path.startswith("@") else path)
                yield f"got to {path}"
            except OSError:
                continue


def connections():
    own = [(address, port) for address in ("127.0.0.1", "::1") for port in TARGETS["ports"]]
    for address, port in (*own, *TARGETS["addresses"]):
        try:
            socket.create_connection((address, port), timeout=3).close()
            yield f"got to {address}:{port}"
        except OSError:
            continue


def through_the_proxy():
    """There is one while packages are installed."""
    proxy = os.environ.get("https_proxy", "")
    if not proxy.startswith("http://127.0.0.1:"):
        return
    own = [(address, port) for address in ("127.0.0.1", "localhost") for port in TARGETS["ports"]]
    for address, port in (*own, *TARGETS["addresses"]):
        with socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2]))) as asking:
            asking.sendall(f"CONNECT {address}:{port} HTTP/1.1\r\n\r\n".encode())
            if b" 200 " in asking.recv(100):
                yield f"got through the proxy to {address}:{port}"


def setuid():
    if os.getuid() == 0 or os.geteuid() == 0:
        yield "got to be root"
    os.makedirs("/tmp/mounted", exist_ok=True)
    for command in SETUID:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            yield f"got {command[0]} to do it"


def forks():
    """Without end, each in a session of its own; and nobody ever answers."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            time.sleep(0.05)


def memory():
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 10) * (1 << 10)))


def daemon():
    if os.fork() == 0:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", TARGETS["seconds"]])
        os._exit(0)


def kills():
    os.kill(-1, signal.SIGKILL)


if __name__ == "__main__":
    told = {"look": look, "forks": forks, "memory": memory, "daemon": daemon, "kills": kills}[TARGETS["do"]]()
    with open("/app/told.txt", "a") as file:
        file.write("".join(f"{line}\n" for line in [*(told or ()), "done"]))
