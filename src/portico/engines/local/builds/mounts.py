"""What a build step sees. Reads no file."""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import Box, BoxUser
from portico.engines.local.builds.conda import conda_mounts
from portico.engines.local.host.survey import Host
from portico.engines.local.mounts.parts import parts_mounts
from portico.engines.sandbox import Bind, Directory, Mount
from portico.layout import Layout

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
