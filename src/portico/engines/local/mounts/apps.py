"""Which folders an app's processes see, as mounts. Reads no file."""

from __future__ import annotations

from pathlib import Path

from portico.engines.local.host.survey import Host
from portico.engines.local.host.trial import Layer
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.sandbox import (
    Bind,
    BindOpened,
    Directory,
    MemoryOverlay,
    Mount,
    Overlay,
)
from portico.layout import Layout
from portico.wire import Slug


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
