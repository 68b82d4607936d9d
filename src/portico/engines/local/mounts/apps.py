"""Which folders an app's processes and a build's steps see, as mounts. Reads no file."""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import Box, BoxUser
from portico.engines.local.builds.conda import conda_mounts
from portico.engines.local.host.survey import Host
from portico.engines.local.host.trial import Layer
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.sandbox import (
    ENVIRONMENT_FILE,
    Bind,
    BindOpened,
    Directory,
    Kernel,
    Link,
    MemoryOverlay,
    Mount,
    Overlay,
    Scratch,
    Text,
)
from portico.layout import Layout
from portico.mirrors import CERTIFICATES
from portico.wire import Slug

# The parts of this package that run inside a build's sandbox; the standard library is all they use.
BUILDER_PARTS = (
    "__init__.py",
    "errors.py",
    "procfile.py",
    "appjson.py",
    "remarks.py",
    "relaying.py",
    "builder",
)
# Where the relay of the builder looks for the proxy, see portico.builder.__main__.
PROXY_SOCKET = "/run/portico/proxy.sock"


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
        *([] if texts.resolver is None else [Text(texts.resolver, "/etc/resolv.conf")]),
        Kernel(scratch),
        Scratch("/tmp", scratch),  # noqa: S108 - the sandbox's own
        Link("/tmp", "/var/tmp"),  # noqa: S108
    )


def app_mounts(
    host: Host, layout: Layout, app_id: int, slug: Slug, layer: Path, texts: Texts
) -> tuple[Mount, ...]:
    """What a process of an app adds: its slug under a throw-away layer, its data, its packages."""
    return (
        _slug_mount(host, str(layout.slug(app_id, slug.build)), layer),
        Bind(str(layout.app_data(app_id)), "/data", writable=True),
        Directory("/py"),
        Directory("/py/envs"),
        *_environment_mounts(layout, slug, texts),
    )


def _slug_mount(host: Host, slug: str, layer: Path) -> Mount:
    if host.layer is Layer.DISK:
        return Overlay(slug, str(layer / "upper"), str(layer / "work"), "/app")
    return MemoryOverlay(slug, "/app") if host.layer is Layer.MEMORY else Bind(slug, "/app")


def environment_folder(layout: Layout, app_id: int, slug: Slug) -> Path | None:
    if slug.environment is None:
        return None
    python = layout.python if slug.shared else layout.app_python(app_id)
    return python / "envs" / slug.environment


def _environment_mounts(layout: Layout, slug: Slug, texts: Texts) -> tuple[Mount, ...]:
    pythons = layout.python / "pythons"
    shared = (Bind(str(pythons), "/py/pythons"),) if pythons.is_dir() else ()
    if texts.packages is None:
        return shared
    return (*shared, BindOpened(texts.packages, f"/py/envs/{slug.environment}"))


def box_mounts(
    host: Host, layout: Layout, box: Box, out: Path, proxy: Path | None = None
) -> tuple[Mount, ...]:
    """What a build step adds: the slug, the archive, the packages, the builder and uv, its proxy."""
    by_app = box.user is BoxUser.APP
    slug = str(layout.slug(box.app_id, box.build))
    source = (Bind(str(box.source), "/source"),) if box.source else ()
    return (
        *(host.python_mounts if box.base.is_host else ()),
        Bind(slug, "/app", writable=by_app),
        *source,
        *_python_mounts(layout, box),
        *builder_mounts(host, out, proxy),
        Directory("/portico/bin"),
        Bind(host.uv, "/portico/bin/uv"),
        *(Bind(str(host.libraries[name]), f"/portico/{name}") for name in box.libraries),
    )


def builder_mounts(host: Host, out: Path, proxy: Path | None) -> tuple[Mount, ...]:
    """What every build step has: itself, a place for its answer, its way to the network."""
    return (
        Bind(str(out), "/out", writable=True),
        *([Bind(str(proxy), PROXY_SOCKET)] if proxy else []),
        *parts_mounts(host, BUILDER_PARTS),
    )


def half(memory: int | None) -> int | None:
    """Of what a step may use, for its files in memory."""
    return None if memory is None else memory // 2


def parts_mounts(host: Host, parts: tuple[str, ...]) -> tuple[Mount, ...]:
    """Parts of this package below /portico, and nothing of the rest of it."""
    return (
        *(Directory(folder) for folder in ("/portico", "/portico/portico")),
        *(Bind(str(host.portico / part), f"/portico/portico/{part}") for part in parts),
    )


def _python_mounts(layout: Layout, box: Box) -> tuple[Mount, ...]:
    """One mount for cache and environments, so that hard links between them work."""
    if box.conda:
        return conda_mounts(layout, box.conda)
    if box.user is BoxUser.BUILD:
        return (Bind(str(layout.python), "/py", writable=True),)
    if not box.own_python:
        return (Bind(str(layout.python), "/py"),)
    own = Bind(str(layout.app_python(box.app_id)), "/py", writable=True)
    shared_pythons = layout.python / "pythons"
    return (own, Bind(str(shared_pythons), "/py/pythons")) if shared_pythons.is_dir() else (own,)
