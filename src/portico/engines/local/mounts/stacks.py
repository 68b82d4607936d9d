"""What sandboxes stand on when it is not the host's own /usr: stacks, and layers over them.

Everything in them may be a package's: the shell, libraries, even setpriv. So nothing of it runs as
the host's root, see user_namespaces/standing.py.
"""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import Base
from portico.engines.local.mounts.host import RESOLVER
from portico.engines.local.sandboxes.texts import Texts
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
from portico.layout import Layout
from portico.mirrors import CERTIFICATES

NEW = ".new"  # the end of the name of what is being made
FILES, WORK = "files", "work"  # of a layer: its content, and the kernel's folder beside it
STACK_INTERPRETER = ("/usr/bin/python3", "-I", "-S")


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
