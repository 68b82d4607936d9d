"""Looks around, and says what it got to see, to change or to reach: a line "got ..." for each."""

import ctypes
import os
import platform
import socket
import subprocess
from pathlib import Path

SYSTEM = {"/usr", "/sys", "/proc", "/py"}
COMMANDS = (
    ["su", "-c", "true"],
    ["sudo", "-n", "true"],
    ["mount", "-t", "tmpfs", "none", "/tmp"],
    ["unshare", "--user", "--map-root-user", "true"],
    ["nsenter", "--target", "1", "--all", "true"],
    ["ping", "-c", "1", "-W", "1", "127.0.0.1"],
)
WRITES = (
    "/usr/bin/planted",
    "/etc/planted",
    "/dev/planted",
    "/py/planted",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/planted",
)
DEVICES = (("mem", 1, 1), ("sda", 8, 0), ("vda", 254, 0), ("fuse", 10, 229), ("tun", 10, 200))
NEW_USER = 0x10000000
ATTACH, SEIZE = 16, 0x4206
KEYCTL = {"x86_64": 250, "aarch64": 219}[platform.machine()]
LIBC = ctypes.CDLL(None, use_errno=True)


def files(aims):
    """Of the machine, of the server, of neighbours: by their paths, and through /proc."""
    for path in aims["paths"]:
        if os.path.lexists(path):
            yield f"got to see {path}"
    for root in ("/", *(f"/proc/{pid}/{way}/" for pid in pids() for way in ("root", "cwd"))):
        yield from needles_below(root, aims["needle"])
    for pid in pids():
        for name in ("environ", "cmdline", *listed(f"/proc/{pid}/fd", "fd/")):
            yield from needle_in(f"/proc/{pid}/{name}", aims["needle"])


def needles_below(root, needle):
    for folder, names, found in os.walk(root):
        inside = "/" + os.path.relpath(folder, root).lstrip(".")
        names[:] = [name for name in names if os.path.join(inside, name) not in SYSTEM]
        for name in found:
            yield from needle_in(os.path.join(folder, name), needle)


def needle_in(path, needle):
    try:
        if Path(path).is_file() and needle.encode() in Path(path).read_bytes()[: 4 << 20]:
            yield f"got the needle from {path}"
    except OSError:
        return


def changes(aims):
    """What is not its own, or the machine itself."""
    for path in (*WRITES, *(f"{path}/planted" for path in aims["paths"])):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            yield f"got to write {path}"
        except OSError:
            continue
    for name, major, minor in DEVICES:
        try:
            os.mknod(f"/tmp/{name}", 0o20666, os.makedev(major, minor))
            os.close(os.open(f"/tmp/{name}", os.O_RDONLY))
            yield f"got the device {name}"
        except OSError:
            continue


def powers(_):
    """More than it was given."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    if "0" in status["Uid"].split():
        yield "got to be root"
    for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            yield f"got {name} {status[name]}"
    if status["NoNewPrivs"].strip() != "1" or status["Seccomp"].strip() != "2":
        yield "got a process without its filter"
    calls = {
        "a user namespace": LIBC.unshare(NEW_USER),
        "a mount": LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None),
        "another root": LIBC.chroot(b"/tmp"),
        "a keyring": LIBC.syscall(KEYCTL, 0, -3, 1),
        "to trace the first process": LIBC.ptrace(ATTACH, 1, 0, 0),
        "to seize its parent": LIBC.ptrace(SEIZE, os.getppid(), 0, 0),
    }
    yield from (f"got {what}" for what, result in calls.items() if result >= 0)
    yield from ran()


def ran():
    for command in COMMANDS:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            yield f"got {command[0]} to do it"


def network(aims):
    """Other apps, the machine, its network, the cloud's own services; and to be somebody else."""
    for path in (*aims["sockets"], *abstract()):
        with socket.socket(socket.AF_UNIX) as asking:
            if succeeds(asking.connect, path):
                yield f"got to {path!r}"
    for address, port in aims["addresses"]:
        with socket.socket() as asking:
            asking.settimeout(3)
            if succeeds(asking.connect, (address, port)):
                yield f"got to {address}:{port}"
    for address, port in aims["neighbours"]:
        with socket.socket() as asking:
            if succeeds(asking.bind, (address, port)):
                yield f"got the address {address}:{port}"
    for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 0)):
        if succeeds(lambda: socket.socket(family, kind, protocol).close()):
            yield f"got a raw socket of family {family}"


def forged(aims):
    """A datagram to each address in a neighbour's name; whether it arrives is seen there."""
    freely = 15  # IP_FREEBIND
    for neighbour, _ in aims["neighbours"]:
        for address, port in aims["addresses"]:
            with socket.socket(type=socket.SOCK_DGRAM) as sending:
                sending.setsockopt(socket.IPPROTO_IP, freely, 1)
                sending.bind((neighbour, 0))
                succeeds(sending.sendto, b"forged", (address, port))
    yield from ()


def links(aims):
    """Links, a pipe and a deep folder in /data, for whoever looks after it from outside."""
    for number, path in enumerate(aims["paths"]):
        os.symlink(path, f"/data/link-{number}")
    os.mkfifo("/data/pipe")
    here = os.open("/data", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    os.chmod("/data", 0)
    yield "done"


def pids():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def listed(folder, prefix):
    try:
        return [prefix + name for name in os.listdir(folder)]
    except OSError:
        return []


def abstract():
    names = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [name.replace("@", "\0", 1) for name in names if name.startswith("@")]


def succeeds(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        return False
    return True


ATTACKS = {
    "files": files,
    "changes": changes,
    "powers": powers,
    "network": network,
    "forged": forged,
    "links": links,
}
