"""What a sandbox gets by descriptor: its users, host names and variables, and its packages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portico.engines.local.children.descriptors import text_file
from portico.engines.sandbox import exports


@dataclass(frozen=True)
class Texts:
    """Their descriptors; `packages` is an opened folder; None for what there is not."""

    passwd: int
    group: int
    hosts: int
    environment: int
    packages: int | None = None
    certificates: int | None = None
    resolver: int | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        optional = (self.packages, self.certificates, self.resolver)
        given = (descriptor for descriptor in optional if descriptor is not None)
        return (self.passwd, self.group, self.hosts, self.environment, *given)


@contextmanager
def texts(
    user: int | None,
    hostname: str,
    environment: Mapping[str, str],
    packages: Path | None = None,
    certificates: bytes | None = None,
    resolver: bytes | None = None,
) -> Iterator[Texts]:
    """Open them for one launch. They are in memory alone: the variables may be secrets."""
    uid, gid = (user, user) if user is not None else (os.getuid(), os.getgid())
    contents = {
        "passwd": passwd(uid, gid),
        "group": group(gid),
        "hosts": hosts(_operators_hosts(), hostname),
        "environment": exports(environment),
        "certificates": certificates,
        "resolver": resolver,
    }
    opened: dict[str, int] = {}
    try:
        for name, content in contents.items():
            if content is not None:
                opened[name] = text_file(name, content)
        if packages is not None:
            opened["packages"] = open_folder(packages)
        yield Texts(**opened)
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def open_folder(folder: Path) -> int:
    """Open an environment in the app's own part of the server, where its code may have put links.

    Raises OSError when the folder, or the one around it, is a link.
    """
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    parent = os.open(folder.parent, os.O_RDONLY | flags)
    try:
        return os.open(folder.name, os.O_PATH | flags, dir_fd=parent)
    finally:
        os.close(parent)


def passwd(uid: int, gid: int) -> bytes:
    return (
        f"app:x:{uid}:{gid}:app:/app:/bin/sh\n"
        "root:x:0:0:root:/root:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    ).encode()


def group(gid: int) -> bytes:
    return f"app:x:{gid}:\nroot:x:0:\nnogroup:x:65534:\n".encode()


def hosts(operators: bytes, hostname: str) -> bytes:
    """The machine's host names, and the sandbox's own, which programs expect to resolve."""
    return operators.rstrip(b"\n") + f"\n127.0.0.1 localhost {hostname}\n".encode()


def _operators_hosts() -> bytes:
    try:
        return Path("/etc/hosts").read_bytes()
    except OSError:
        return b""
