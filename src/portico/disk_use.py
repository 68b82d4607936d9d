"""What the server keeps on its disk: as the agent measures it, and with the names of apps and releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class Environment:
    """`builds` are those whose slugs run on it, as pairs of an app and a build."""

    name: str
    app: int | None
    bytes: int
    builds: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class AppContents:
    """`slugs` by build, `parts` by name; environments of its own are told with the others."""

    id: int
    slugs: dict[int, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """All sizes are bytes on the disk; hard links count once, so the sizes add up to `total`."""

    total: int
    free: int
    apps: tuple[AppContents, ...]
    environments: tuple[Environment, ...]
    caches: dict[str, int]
    pythons: dict[str, int]
    stacks: dict[str, int]
    server: dict[str, int]


def merged(contents: Document, inventory: Sequence[Document]) -> Document:
    """What was measured, with the names that people know apps and releases by. Pure."""
    known = {app["id"]: app for app in inventory}
    names = {app["id"]: _name(app["id"], known) for app in contents["apps"]}
    versions: dict[tuple[int, int], list[int]] = {}
    for app in inventory:
        for version, build in app["releases"].items():
            versions.setdefault((app["id"], build), []).append(int(version))
    environments = [_environment(one, names, versions) for one in contents["environments"]]
    own: Counter[int | None] = Counter()
    for one in contents["environments"]:
        own[one["app"]] += one["bytes"]
    return {
        "total": contents["total"],
        "free": contents["free"],
        "apps": sorted(
            (_app(app, names, versions, own[app["id"]]) for app in contents["apps"]),
            key=lambda app: str(app["name"]),
        ),
        "environments": environments,
        **{kind: _sizes(contents[kind]) for kind in ("caches", "pythons", "stacks", "server")},
    }


def _app(
    app: Document,
    names: Mapping[int, str],
    versions: Mapping[tuple[int, int], list[int]],
    environments: int,
) -> Document:
    """`environments`: the bytes of those of its own."""
    releases = [
        {"build": int(build), "versions": versions.get((app["id"], int(build)), []), "bytes": size}
        for build, size in sorted(app["slugs"].items(), key=lambda pair: int(pair[0]))
    ]
    sizes = {"environments": environments, **app["parts"]}
    return {
        "id": app["id"],
        "name": names[app["id"]],
        "releases": releases,
        "bytes": sizes,
        "total": sum(sizes.values()) + sum(app["slugs"].values()),
    }


def _environment(
    one: Document, names: Mapping[int, str], versions: Mapping[tuple[int, int], list[int]]
) -> Document:
    used = [
        {
            "app": names.get(app, f"app {app}"),
            "build": build,
            "versions": versions.get((app, build), []),
        }
        for app, build in one["builds"]
    ]
    owner = names.get(one["app"]) if one["app"] is not None else None
    return {"name": one["name"], "app": owner, "bytes": one["bytes"], "used_by": used}


def _name(app_id: int, known: Mapping[int, Document]) -> str:
    """Files may be there of an app that is being removed."""
    return known[app_id]["name"] if app_id in known else f"app {app_id}"


def _sizes(found: Mapping[str, int]) -> list[Document]:
    return [{"name": name, "bytes": size} for name, size in found.items()]


# --- in the words of its readers ----------------------------------------------------------------


def used_by(users: Sequence[Document]) -> str:
    """`polls v2 v3, shop v1`; a build without a release is under way or has failed."""
    by_app: dict[str, list[str]] = {}
    for user in users:
        versions = [f"v{version}" for version in user["versions"]] or [f"build {user['build']}"]
        by_app.setdefault(user["app"], []).extend(versions)
    return ", ".join(" ".join((app, *names)) for app, names in by_app.items()) or "nothing"


def columns(app: Document) -> tuple[int, int, int, int, int]:
    """Bytes of an app's files, packages, data and logs, and of all."""
    sizes = app["bytes"]
    packages = sizes["environments"] + sizes["cache"] + sizes["system_packages"]
    files = app["total"] - packages - sizes["data"] - sizes["logs"]
    return files, packages, sizes["data"], sizes["logs"], app["total"]


def shared_parts(found: Document) -> Iterator[tuple[str, int]]:
    """What belongs to no app: its name and its bytes."""
    kinds = {"caches": "packages in ", "pythons": "", "stacks": "stack ", "server": "server's "}
    for kind, words in kinds.items():
        for one in found[kind]:
            yield f"{words}{one['name']}", one["bytes"]
