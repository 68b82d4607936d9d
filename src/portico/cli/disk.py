"""`portico server disk`: what the server keeps on its disk, and which releases need it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portico.cli.output import show, show_table
from portico.errors import PorticoError
from portico.layout import Layout
from portico.supervisor import as_web
from portico.supervisor.environment import clean
from portico.supervisor.programs import PYTHON

Document = dict[str, Any]
UNITS = ("kB", "MB", "GB", "TB")


def measure(layout: Layout, web: Mapping[str, str]) -> Document:
    """All that lies in the data folder. `web`: the environment of the control plane."""
    agent = clean(os.environ) | {"PORTICO_DATA": str(layout.data)}
    contents = _asked((*PYTHON, "portico.agent", "--disk"), agent)
    inventory = _asked(as_web.command("inventory"), web)
    return {"data": str(layout.data), **merged(contents, inventory)}


def merged(contents: Document, inventory: Sequence[Document]) -> Document:
    """What was measured, with the names that people know apps and releases by. Pure."""
    known = {app["id"]: app for app in inventory}
    names = {app["id"]: _name(app["id"], known) for app in contents["apps"]}
    versions: dict[tuple[int, int], list[int]] = {}
    for app in inventory:
        for version, build in app["releases"].items():
            versions.setdefault((app["id"], build), []).append(int(version))
    environments = [_environment(one, names, versions) for one in contents["environments"]]
    return {
        "total": contents["total"],
        "free": contents["free"],
        "apps": sorted(
            (_app(app, names, versions, contents["environments"]) for app in contents["apps"]),
            key=lambda app: str(app["name"]),
        ),
        "environments": environments,
        **{kind: _sizes(contents[kind]) for kind in ("caches", "pythons", "stacks", "server")},
    }


def _app(
    app: Document,
    names: Mapping[int, str],
    versions: Mapping[tuple[int, int], list[int]],
    environments: Sequence[Document],
) -> Document:
    releases = [
        {"build": int(build), "versions": versions.get((app["id"], int(build)), []), "bytes": size}
        for build, size in sorted(app["slugs"].items(), key=lambda pair: int(pair[0]))
    ]
    own = sum(one["bytes"] for one in environments if one["app"] == app["id"])
    sizes = {"environments": own, **app["parts"]}
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


# --- for people ---------------------------------------------------------------------------------


def show_disk(found: Document) -> None:
    """Tables, the largest first; then the sums."""
    _show(("APP", "RELEASES", "FILES", "PACKAGES", "DATA", "LOGS", "TOTAL"), _app_rows(found))
    _show(("ENVIRONMENT", "SIZE", "USED BY"), _environment_rows(found))
    _show(("SHARED", "SIZE"), _shared_rows(found))
    total, free = size_words(found["total"]), size_words(found["free"])
    show(f"{total} in {found['data']}; {free} free on its disk.")


def _show(columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    if listed := list(rows):
        show_table(columns, listed)
        show()


def _app_rows(found: Document) -> Iterator[Sequence[object]]:
    for app in sorted(found["apps"], key=lambda app: -app["total"]):
        sizes = app["bytes"]
        packages = sizes["environments"] + sizes["cache"] + sizes["system_packages"]
        files = app["total"] - packages - sizes["data"] - sizes["logs"]
        shown = (files, packages, sizes["data"], sizes["logs"], app["total"])
        yield (app["name"], len(app["releases"]), *map(size_words, shown))


def _environment_rows(found: Document) -> Iterator[Sequence[object]]:
    for one in sorted(found["environments"], key=lambda one: -one["bytes"]):
        yield (one["name"][:12], size_words(one["bytes"]), used_by(one["used_by"]))


def used_by(users: Sequence[Document]) -> str:
    """`polls v2 v3, shop v1`; a build without a release is under way or has failed."""
    by_app: dict[str, list[str]] = {}
    for user in users:
        versions = [f"v{version}" for version in user["versions"]] or [f"build {user['build']}"]
        by_app.setdefault(user["app"], []).extend(versions)
    return ", ".join(" ".join((app, *names)) for app, names in by_app.items()) or "nothing"


def _shared_rows(found: Document) -> Iterator[Sequence[object]]:
    kinds = {"caches": "packages in ", "pythons": "", "stacks": "stack ", "server": "server's "}
    for kind, words in kinds.items():
        for one in found[kind]:
            yield (f"{words}{one['name']}", size_words(one["bytes"]))


def size_words(size: int) -> str:
    """Three digits or so, in the units that disks are sold by."""
    amount, unit = float(size), "B"
    for larger in UNITS:
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"


def _asked(argv: Sequence[str], environment: Mapping[str, str]) -> Any:
    done = subprocess.run(
        argv, env=dict(environment), cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"Exit code {done.returncode}."
        raise PorticoError(
            "What the server keeps could not be measured.",
            said,
            "Start the server once, so that its database is there and up to date; then ask again.",
        )
    return json.loads(done.stdout)
