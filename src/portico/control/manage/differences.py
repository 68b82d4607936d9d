"""What one release has changed against another, in words. Values of config vars are never among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portico.control.models import Release


def differences(before: Release, after: Release) -> list[str]:
    return [
        *_code(before, after),
        *_named("process type", before.processes, after.processes),
        *_named("config var", before.config, after.config),
        *_setting("path mode", before.path_mode, after.path_mode),
        *_setting("health path", before.health_path, after.health_path),
    ]


def _code(before: Release, after: Release) -> Iterator[str]:
    if before.build_id == after.build_id:
        return
    if before.commit and after.commit:
        yield f"code: {before.commit[:10]} to {after.commit[:10]}"
    else:
        yield "code"


def _named(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"{kind} {name}: new"
        elif name not in after:
            yield f"{kind} {name}: gone"
        elif before[name] != after[name]:
            yield f"{kind} {name}: changed"


def _setting(name: str, before: str | None, after: str | None) -> Iterator[str]:
    if before != after:
        yield f"{name}: {before or 'default'} to {after or 'default'}"
