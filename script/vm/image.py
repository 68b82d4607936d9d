"""A Debian with two versions of Portico to install, and what they are made of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from uv import find_uv_bin

from tests.versions import ROOT, wheel

PACKAGES = (
    *("systemd-sysv", "dbus", "udev", "linux-image-cloud-amd64", "openssh-server", "procps"),
    *("python3", "git", "nftables", "iproute2", "uidmap", "ca-certificates", "curl"),
)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
FILES = {
    "etc/hostname": "portico-vm\n",
    "etc/hosts": "127.0.0.1 localhost portico-vm portico.test\n",
    "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
    "etc/systemd/network/20-dhcp.network": "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n",
    "etc/resolv.conf": "nameserver 10.0.2.3\n",
}
OLD, NEW = "0.1.0", "9.0.0"
SIZE = 8 << 30


def make(folder: Path, suite: str) -> None:
    """The system as a folder, and the `key` to enter it as a machine."""
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    say(f"Making a Debian ({suite})")
    include = f"--include={','.join(PACKAGES)}"
    run("mmdebstrap", "--quiet", "--variant=minbase", include, suite, str(root))
    _settle(folder, root)
    say("Installing what is to be installed there later")
    _fill(root)


def _settle(folder: Path, root: Path) -> None:
    """Names, the network, and a way in."""
    for name, text in FILES.items():
        (root / name).unlink(missing_ok=True)
        (root / name).write_text(text)
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    (wanted / "systemd-networkd.service").unlink(missing_ok=True)
    (wanted / "systemd-networkd.service").symlink_to(
        "/usr/lib/systemd/system/systemd-networkd.service"
    )
    key = folder / "key"
    key.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    ssh = root / "root/.ssh"
    ssh.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(folder / "key.pub", ssh / "authorized_keys")
    shutil.copy(CERTIFICATES, root / "etc/ssl/certs/")


def _fill(root: Path) -> None:
    """uv's cache is filled here, where it is fast: in there all comes from it."""
    wheels = root / "srv/portico"
    wheels.mkdir()
    for version in (OLD, NEW):
        wheel(wheels, version)
    shutil.copytree(ROOT / "examples/django-polls", root / "srv/django-polls")
    _copy_tree(root / "srv/tree")
    shutil.copy(find_uv_bin(), root / "usr/local/bin/uv")
    resolver = root / "etc/resolv.conf"
    shutil.copy("/etc/resolv.conf", resolver)
    run("mount", "--bind", "/proc", str(root / "proc"))
    try:
        inside(root, "uv", "venv", "--quiet", "--python", "/usr/bin/python3", "/root/setup")
        old = f"/srv/portico/portico-{OLD}-py3-none-any.whl"
        install = ("uv", "pip", "install", "--quiet", "--python", "/root/setup/bin/python")
        inside(root, *install, "--compile-bytecode", old, "-r", f"/{_what_tests_need(root)}")
        pip = ("uv", "run", "--quiet", "--no-project", "--with", "pip", "python", "-m", "pip")
        wanted = ("-r", "/srv/django-polls/requirements.txt")
        inside(root, *pip, "download", "--quiet", "--dest", "/srv/wheels", *wanted)
    finally:
        run("umount", str(root / "proc"))
    resolver.write_text(FILES["etc/resolv.conf"])


def _what_tests_need(root: Path) -> str:
    """The name of a file that lists it, as the lock has it."""
    name = "srv/tests.txt"
    export = ("export", "--quiet", "--frozen", "--only-group", "dev", "--no-hashes")
    run(find_uv_bin(), *export, "--directory", str(ROOT), "--output-file", str(root / name))
    return name


def _copy_tree(target: Path) -> None:
    listed = subprocess.run(
        ("git", "ls-files", "-z"), cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name, follow_symlinks=False)


def write_disk(folder: Path) -> None:
    """`disk.raw`, `vmlinuz` and `initrd`: what a machine boots."""
    root = folder / "root"
    for name in ("vmlinuz", "initrd"):
        (found,) = (root / "boot").glob(f"{name}*-amd64")
        shutil.copy(found, folder / name)
    disk = folder / "disk.raw"
    with disk.open("wb") as file:
        file.truncate(SIZE)
    run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(disk))


def inside(root: Path, *argv: str) -> None:
    """A command in the new system, at the speed of this one."""
    certificates = {name: str(CERTIFICATES) for name in ("SSL_CERT_FILE", "PIP_CERT")}
    kept = {key: value for key, value in os.environ.items() if key.upper().endswith("_PROXY")}
    path = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    subprocess.run(("chroot", str(root), *argv), check=True, env=kept | certificates | path)


def run(*argv: str) -> None:
    subprocess.run(argv, check=True)


def say(text: str) -> None:
    print(f"== {text}", flush=True)
