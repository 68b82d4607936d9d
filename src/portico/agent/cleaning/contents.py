"""What lies in the data folder, and how much of the disk each part takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portico.agent import slugs
from portico.agent.cleaning.caches import CACHES
from portico.agent.cleaning.pythons import FOLDER as PYTHONS
from portico.agent.cleaning.sizes import sizes
from portico.disk_use import AppContents, Contents, Environment
from portico.layout import Layout

# Parts of an app's folder, in the words of the report, with their places in it.
APP_PARTS = {"data": "data", "logs": "logs", "layers": "layers", "system_packages": "apt"}


@dataclass(frozen=True)
class Part:
    """`kind` and `name` say where it belongs in the report; `app` whose it is, None for nobody's."""

    kind: str
    name: str
    path: Path
    app: int | None = None


def contents(layout: Layout) -> Contents:
    """Measure all of it."""
    listed = list(parts(layout))
    found = list(zip(listed, sizes([part.path for part in listed]), strict=True))
    return report(found, _users(layout), shutil.disk_usage(layout.data).free)


def parts(layout: Layout) -> Iterator[Part]:
    """What is told of, in the order in which linked files count: for caches only what nothing else
    has, for a folder what none of its parts had before."""
    apps = slugs.app_ids(layout)
    for app in apps:
        yield from _app_parts(layout, app)
    yield from _environments(layout.python, None)
    for name in slugs.listed(layout.python, PYTHONS):
        yield Part("python", name, layout.python / PYTHONS / name)
    for path in _children(layout.stacks):
        yield Part("stack", path.name, path)
    for app in apps:
        yield Part("app", "cache", layout.app_python(app), app)
    for name in CACHES:
        yield Part("cache", name, layout.python / name)
    yield from _server_parts(layout)
    for app in apps:
        yield Part("app", "other", layout.app(app), app)
    yield Part("server", "other", layout.data)


def report(
    found: list[tuple[Part, int]], users: dict[str, list[tuple[int, int]]], free: int
) -> Contents:
    """The sizes in their places. Pure. `users`: the slugs by environment."""
    apps = sorted({part.app for part, _ in found if part.app is not None})
    return Contents(
        total=sum(size for _, size in found),
        free=free,
        apps=tuple(_of_app(found, app) for app in apps),
        environments=tuple(
            Environment(part.name, part.app, size, tuple(users.get(part.name, ())))
            for part, size in found
            if part.kind == "environment"
        ),
        **{
            plural: {part.name: size for part, size in found if part.kind == kind}
            for kind, plural in KINDS.items()
        },
    )


KINDS = {"cache": "caches", "python": "pythons", "stack": "stacks", "server": "server"}


def _of_app(found: list[tuple[Part, int]], app: int) -> AppContents:
    own = [(part, size) for part, size in found if part.app == app]
    return AppContents(
        app,
        {int(part.name): size for part, size in own if part.kind == "slug"},
        {part.name: size for part, size in own if part.kind == "app"},
    )


def _app_parts(layout: Layout, app: int) -> Iterator[Part]:
    for build in slugs.builds(layout, app):
        yield Part("slug", str(build), layout.slug(app, build), app)
    for name, folder in APP_PARTS.items():
        yield Part("app", name, layout.app(app) / folder, app)
    yield from _environments(layout.app_python(app), app)


def _environments(python: Path, app: int | None) -> Iterator[Part]:
    for name in slugs.environments(python):
        if not name.endswith(".lock"):
            yield Part("environment", name, python / "envs" / name, app)


def _server_parts(layout: Layout) -> Iterator[Part]:
    named = {
        "sources": layout.sources,
        "git": layout.repositories,
        "database": layout.web,
        "logs": layout.platform_logs,
        "router": layout.router,
    }
    return (Part("server", name, path) for name, path in named.items())


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _users(layout: Layout) -> dict[str, list[tuple[int, int]]]:
    users: dict[str, list[tuple[int, int]]] = {}
    for app in slugs.app_ids(layout):
        for build in slugs.builds(layout, app):
            record = slugs.read_record(layout, app, build)
            if record and record.result.slug.environment:
                users.setdefault(record.result.slug.environment, []).append((app, build))
    return users
