"""Decides what is to be done so that a server is installed. Pure: facts in, steps out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portico.installation import refusals
from portico.installation.facts import OLDEST_SYSTEMD, Facts, Found
from portico.installation.places import Places
from portico.installation.record import Record, to_text
from portico.installation.source import Source
from portico.installation.steps import (
    AwaitReady,
    Link,
    MakeFolder,
    MakeVersion,
    Run,
    Step,
    Tell,
    WriteFile,
)
from portico.installation.unit import MARK, unit, variables


@dataclass(frozen=True)
class Wish:
    """What the operator asked for. `environ`: the variables that the server is to have."""

    data: Path
    listen: str | None = None
    url: str | None = None
    source: Source | None = None
    environ: Mapping[str, str] = field(default_factory=dict)


def plan(facts: Facts, wish: Wish, places: Places) -> tuple[Step, ...]:
    """Only what is not done yet. Raises PorticoError where something is in the way."""
    _refuse(facts, wish, places)
    steps = (
        *_folders(facts, wish, places),
        *_version(facts, wish, places),
        *_settings(facts, wish, places),
        *_service(facts, wish, places),
    )
    return tuple(dict.fromkeys(steps))  # a folder that several need is made once


def _refuse(facts: Facts, wish: Wish, places: Places) -> None:
    if not facts.root:
        raise refusals.not_root("install")
    if facts.lacking:
        raise refusals.lacking(facts.lacking)
    if facts.closed:
        raise refusals.closed_python(facts)
    if facts.systemd is not None and facts.systemd < OLDEST_SYSTEMD:
        raise refusals.old_systemd(facts.systemd, OLDEST_SYSTEMD)
    if wish.data.is_relative_to(places.prefix):
        raise refusals.data_in_prefix(places, wish.data)
    _refuse_foreign(facts, wish, places)
    _refuse_contradictions(facts, wish, places)
    if facts.in_the_way:
        raise facts.in_the_way


def _refuse_foreign(facts: Facts, wish: Wish, places: Places) -> None:
    if facts.prefix is Found.FOREIGN:
        raise refusals.foreign_prefix(places)
    if facts.command is not None and facts.command != places.program:
        raise refusals.foreign_command(places, facts.command)
    if not facts.texts.get(places.unit, MARK).startswith(MARK):
        raise refusals.foreign_unit(places)
    if facts.data is Found.FOREIGN:
        raise refusals.foreign_data(wish.data)


def _refuse_contradictions(facts: Facts, wish: Wish, places: Places) -> None:
    if facts.record and facts.record.data != wish.data:
        raise refusals.other_data(places, facts.record.data, wish.data)
    if facts.current and facts.current != facts.version:
        raise refusals.other_version(facts)
    if facts.runs and facts.systemd is not None and not facts.active:
        raise refusals.runs_by_hand(facts, wish.data)
    if (text := facts.texts.get(wish.data / "portico.toml")) is not None:
        settings = tomllib.loads(text)
        for name, wanted in (("listen", wish.listen), ("url", wish.url)):
            found = str(settings.get(name, ""))
            if wanted and wanted != found:
                raise refusals.other_settings(wish.data, name, found, wanted)


def _folders(facts: Facts, wish: Wish, places: Places) -> Iterator[Step]:
    """The record comes as soon as there is a place for it: whatever is made after it, is ours."""
    inside = [path for path in (places.prefix, places.versions) if path in facts.missing]
    yield from (MakeFolder(path) for path in _outer(facts, places.prefix))
    before = facts.record.made if facts.record else ()
    made = dict.fromkeys((*before, *_made(facts, wish, places)))
    text = to_text(Record(wish.data, places.command, tuple(made)))
    if facts.texts.get(places.record) != text:
        yield WriteFile(places.record, text)
    yield from (MakeFolder(path) for path in inside if path != places.prefix)
    if facts.data is Found.NOTHING:
        yield from (MakeFolder(path) for path in _outer(facts, wish.data.parent))
        # Web, the router and apps pass it; they cannot look around in it.
        yield MakeFolder(wish.data, 0o711)


def _made(facts: Facts, wish: Wish, places: Places) -> Iterator[Path]:
    yield from _outer(facts, places.prefix)
    yield from _outer(facts, wish.data)
    yield from _outer(facts, places.command.parent)
    if facts.systemd is not None:
        yield from _outer(facts, places.unit.parent)
        if wish.environ:
            yield from _outer(facts, places.environment.parent)


def _outer(facts: Facts, path: Path) -> list[Path]:
    """The missing ones of a folder and those that it lies in, the outermost first."""
    return [folder for folder in (*reversed(path.parents), path) if folder in facts.missing]


def _version(facts: Facts, wish: Wish, places: Places) -> Iterator[Step]:
    folder = places.version(facts.version)
    if facts.version not in facts.versions:
        if wish.source is None:
            raise refusals.unknown_source()
        requirement = wish.source.requirement(facts.version, facts.extras)
        yield MakeVersion(folder, facts.python, requirement, wish.source.options())
    if facts.current != facts.version:
        yield Link(places.current, folder)
    if facts.command is None:
        yield from (MakeFolder(path) for path in _outer(facts, places.command.parent))
        yield Link(places.command, places.program)


def _settings(facts: Facts, wish: Wish, places: Places) -> Iterator[Step]:
    file = wish.data / "portico.toml"
    if file not in facts.texts:
        yield WriteFile(file, settings_text(wish))
    if facts.systemd is not None and wish.environ and places.environment not in facts.texts:
        yield from (MakeFolder(path) for path in _outer(facts, places.environment.parent))
        yield WriteFile(places.environment, variables(wish.environ), 0o600)


def settings_text(wish: Wish) -> str:
    lines = ["# Settings of this server. `portico server restart` takes up changes."]
    lines += [f"listen = {json.dumps(wish.listen)}"] if wish.listen else []
    lines += [f"url = {json.dumps(wish.url)}"] if wish.url else []
    return "\n".join(lines) + "\n"


def _service(facts: Facts, wish: Wish, places: Places) -> Iterator[Step]:
    if facts.systemd is None:
        if facts.runs is None:
            yield Tell(
                "systemd does not run this machine, so nothing starts the server by itself. "
                f"Start it with: {places.command} server start --data {wish.data}"
            )
        return
    text = unit(places.program, wish.data, places.environment, facts.systemd)
    if facts.texts.get(places.unit) != text:
        yield WriteFile(places.unit, text)
        yield Run(("systemctl", "daemon-reload"))
    if not facts.enabled:
        yield Run(("systemctl", "--quiet", "enable", places.unit.name))
    if not facts.active:
        yield Run(("systemctl", "start", places.unit.name))
        yield AwaitReady(wish.data)
