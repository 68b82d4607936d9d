"""What sandboxes stand on when it is not the host's own /usr: stacks, and layers over them.

Everything in them may be a package's: the shell, libraries, even setpriv. So nothing of it runs as
the host's root: such a sandbox is made and lived in by users of a namespace that maps the stack's
users to numbers of their own, and the one user of the app or the build.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portico.engines.engine import Base
from portico.engines.local.host.survey import RESOLVER
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.local.user_namespaces.idmap import Mapping, Span, stack_mapping
from portico.engines.local.user_namespaces.opening import open_namespace
from portico.engines.sandbox import (
    ENVIRONMENT_FILE,
    Bind,
    Directory,
    Kernel,
    Memory,
    Mount,
    Root,
    Scratch,
    Text,
)
from portico.errors import PorticoError
from portico.layout import STACK_IDS, Layout, Users
from portico.mirrors import CERTIFICATES

NEW = ".new"  # the end of the name of what is being made
FILES, WORK = "files", "work"  # of a layer: its content, and the kernel's folder beside it
ROOT = 0
STACK_INTERPRETER = ("/usr/bin/python3", "-I", "-S")
# What dpkg, maintainer scripts and apt's own change of user need; none reaches beyond the stack's
# users, and mounts stay as they are.
PACKAGES = tuple(
    f"CAP_{name}"
    for name in (
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETPCAP"),
        *("SETUID", "SYS_CHROOT", "NET_BIND_SERVICE"),
    )
)


@dataclass(frozen=True)
class Standing:
    """Where a sandbox lives: in which user namespace, if any, and as which of its users."""

    namespace: int | None
    user: int | None


@contextmanager
def standing(
    users: Users, interpreter: tuple[str, ...], base: Base, user: int | None
) -> Iterator[Standing]:
    """For a process of `user`, as the machine numbers it, on `base`."""
    mapping = None if base.is_host else mapping_of(users, user)
    if mapping is None:
        yield Standing(None, user)
        return
    with opened(interpreter, mapping) as namespace:
        yield Standing(namespace, None if user is None else inside(user))


@contextmanager
def packages_standing(users: Users, interpreter: tuple[str, ...]) -> Iterator[Standing]:
    """For the root of stacks and layers."""
    with opened(interpreter, required_mapping(users)) as namespace:
        yield Standing(namespace, ROOT)


@contextmanager
def opened(interpreter: tuple[str, ...], mapping: Mapping) -> Iterator[int]:
    namespace = open_namespace(interpreter, mapping)
    try:
        yield namespace
    finally:
        os.close(namespace)


def inside(user: int) -> int:
    """That user's number among a stack's, which are those below STACK_IDS."""
    return user if user >= STACK_IDS else STACK_IDS + user


def mapping_of(users: Users, user: int | None) -> Mapping | None:
    """The stack's users and that one. Without several ids there are only those of bubblewrap."""
    if user is None or users.stack is None:
        return None
    stack = required_mapping(users)
    added = (Span(inside(user), user, 1),)
    return Mapping((*stack.uids, *added), (*stack.gids, *added))


def required_mapping(users: Users) -> Mapping:
    """The stack's users. Raises PorticoError where there are none.

    In an ordinary user's namespace that user, 0 in there, belongs to it too: a home folder lets
    nobody else pass on the way to the data folder.
    """
    stack = stack_mapping(users)
    if stack is None:
        raise PorticoError(
            "System packages cannot be installed on this server.",
            "An Aptfile needs a range of user ids of its own, and the server, which does not run "
            "as root, has none.",
            "Ask the operator to start the server as root, or to give its user subordinate ids; "
            "`portico server doctor` says how.",
        )
    if users.subordinate is None:
        return stack
    own = (Span(inside(0), 0, 1),)
    return Mapping((*stack.uids, *own), (*stack.gids, *own))


def folders(layout: Layout, app_id: int, base: Base) -> tuple[Path, ...]:
    """What a base consists of, the lowest first."""
    stack = layout.stack(base.stack)
    return (stack,) if base.layer is None else (stack, layer_files(layout, app_id, base.layer))


def layer_files(layout: Layout, app_id: int, name: str) -> Path:
    return layout.apt_layers(app_id) / name / FILES


def stack_mounts(lower: tuple[Path, ...], texts: Texts, scratch: int | None) -> tuple[Mount, ...]:
    """A stack and its layer, with the sandbox's own users and host names over them."""
    return (
        Root(tuple(str(folder) for folder in lower)),
        *own_places(texts, scratch),
        Text(texts.passwd, "/etc/passwd"),
        Text(texts.group, "/etc/group"),
    )


def _resolver(texts: Texts) -> tuple[Mount, ...]:
    """A network of its own may have others to ask than the machine."""
    if texts.resolver is not None:
        return (Text(texts.resolver, RESOLVER),)
    return (Bind(RESOLVER, RESOLVER),) if Path(RESOLVER).exists() else ()


def own_places(texts: Texts, scratch: int | None) -> tuple[Mount, ...]:
    """What never is a stack's or a package's."""
    return (
        *(Memory(folder) for folder in ("/run", "/py", "/portico")),
        Directory("/run/portico"),
        *_resolver(texts),
        Text(texts.hosts, "/etc/hosts"),
        Text(texts.environment, ENVIRONMENT_FILE),
        *([] if texts.certificates is None else [Text(texts.certificates, CERTIFICATES)]),
        Kernel(scratch),
        *(Scratch(folder, scratch) for folder in ("/tmp", "/var/tmp")),  # noqa: S108 - the sandbox's own
    )
