"""Which apps and releases there are, for `portico server disk`."""

from __future__ import annotations

from typing import Any

from portico.control.models import App, Release


def inventory() -> list[dict[str, Any]]:
    """The apps by name, each with the builds of those of its releases whose files are kept."""
    releases: dict[int, dict[int, int]] = {}
    kept = Release.objects.filter(build__kept=True).order_by("version")
    for app_id, version, build in kept.values_list("app_id", "version", "build_id"):
        releases.setdefault(app_id, {})[version] = build
    apps = App.objects.values_list("id", "name")
    return [{"id": id_, "name": name, "releases": releases.get(id_, {})} for id_, name in apps]
