"""What sandboxes see of the machine's own system and, in builds, of its operator's files."""

from __future__ import annotations

from pathlib import Path

from portico.engines.local.host.survey import Host
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.sandbox import (
    ENVIRONMENT_FILE,
    Bind,
    Directory,
    Kernel,
    Link,
    Mount,
    Scratch,
    Text,
)
from portico.mirrors import CERTIFICATES, OPERATOR_FILES, Mirrors

RESOLVER = "/etc/resolv.conf"
# What programs look up by name: hosts, users of the network, certificates, libraries, times, fonts.
ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    RESOLVER,
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
SYSTEM_UV = "/etc/uv/uv.toml"
# Folders that every sandbox has, with permissions of their own.
STANDING = frozenset({"/etc", "/run", "/tmp", "/usr", "/var", "/var/tmp"})  # noqa: S108 - names


def machine_mounts(
    host: Host, etc: tuple[Mount, ...], texts: Texts, scratch: int | None = None
) -> tuple[Mount, ...]:
    """The file system that every sandbox stands on, with its own users and host names.

    `scratch` is how many bytes may be written to memory, in each of two places.
    """
    folders = ("/etc", "/etc/ssl", "/etc/pki", "/etc/pki/tls", "/run", "/run/portico", "/var")
    return (
        *host.base,
        *(Directory(folder) for folder in folders),
        *etc,
        Text(texts.passwd, "/etc/passwd"),
        Text(texts.group, "/etc/group"),
        Text(texts.hosts, "/etc/hosts"),
        Text(texts.environment, ENVIRONMENT_FILE),
        *([] if texts.certificates is None else [Text(texts.certificates, CERTIFICATES)]),
        *([] if texts.resolver is None else [Text(texts.resolver, RESOLVER)]),
        Kernel(scratch),
        Scratch("/tmp", scratch),  # noqa: S108 - the sandbox's own
        Link("/tmp", "/var/tmp"),  # noqa: S108 - likewise
    )


def half(memory: int | None) -> int | None:
    """Of what a step may use, for its files in memory."""
    return None if memory is None else memory // 2


def etc_mounts(*, resolver: bool = True) -> tuple[Mount, ...]:
    """Looked up for every sandbox: operators change these files. With the machine's own resolver,
    or without."""
    names = (name for name in ETC if resolver or name != RESOLVER)
    return tuple(Bind(name, name) for name in names if Path(name).exists())


def operator_mounts(mirrors: Mirrors) -> tuple[Mount, ...]:
    """The operator's own files that a build with a network needs, at their own paths.

    Not those that a sandbox has anyway; with the folders above them, for all users to pass.
    """
    variables = mirrors.variables
    paths = [variables[name] for name in OPERATOR_FILES if name in variables]
    paths += [SYSTEM_UV, *mirrors.folders]
    shown = ("/usr", *(name for name in ETC if Path(name).exists()))
    wanted = [
        Path(path)
        for path in paths
        if Path(path).is_absolute()
        and Path(path).exists()
        and not any(Path(path).is_relative_to(folder) for folder in shown)
    ]
    above = {str(folder) for path in wanted for folder in list(path.parents)[:-1]}
    return (
        *(Directory(folder) for folder in sorted(above - STANDING)),
        *(Bind(str(path), str(path)) for path in sorted(wanted)),
    )
