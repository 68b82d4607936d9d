"""Decides what is to be done so that the machine is as it was before. Pure: facts in, steps out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from portico.installation import refusals
from portico.installation.facts import Facts, Found
from portico.installation.places import Places
from portico.installation.record import Record
from portico.installation.steps import (
    Remove,
    RemoveEmpty,
    RestoreSettings,
    Run,
    Step,
    Stop,
    Tell,
)
from portico.installation.unit import MARK
from portico.layout import Layout


def plan(facts: Facts, places: Places, *, keep_data: bool) -> tuple[Step, ...]:
    """What install has made goes, and nothing else. Raises PorticoError."""
    if not facts.root:
        raise refusals.not_root("uninstall")
    if facts.record is None:
        raise refusals.not_installed(places)
    return (
        *_service(facts, places),
        *_end(facts, facts.record.data),
        *_files(facts, places),
        *_data(facts, facts.record, keep_data=keep_data),
        *_folders(facts.record, places),
    )


def _service(facts: Facts, places: Places) -> Iterator[Step]:
    if not facts.texts.get(places.unit, "").startswith(MARK):
        return
    if facts.systemd is not None:
        yield Run(("systemctl", "--quiet", "disable", "--now", places.unit.name))
    yield Remove(places.unit)
    if facts.systemd is not None:
        yield Run(("systemctl", "daemon-reload"))


def _end(facts: Facts, data: Path) -> Iterator[Step]:
    if facts.data is Found.OURS:
        yield Stop(data)
    if facts.settings:
        yield RestoreSettings(Layout(data).changed_sysctls, facts.settings)


def _files(facts: Facts, places: Places) -> Iterator[Step]:
    if facts.command == places.program:
        yield Remove(places.command)
    if places.environment in facts.texts:
        yield Remove(places.environment)


def _data(facts: Facts, record: Record, *, keep_data: bool) -> Iterator[Step]:
    if facts.data is Found.NOTHING and record.data not in record.made:
        return
    if keep_data:
        yield Tell(f"{record.data} stays, with all apps and their data.")
    elif record.data in record.made:
        yield Remove(record.data)
    else:
        yield Tell(f"{record.data} was there before the installation, so it stays.")


def _folders(record: Record, places: Places) -> Iterator[Step]:
    """Inner ones first. The prefix comes last but for those around it: this program lies in it."""
    others = [path for path in reversed(record.made) if path not in (record.data, places.prefix)]
    around = [path for path in others if places.prefix.is_relative_to(path)]
    yield from (RemoveEmpty(path) for path in others if path not in around)
    if places.prefix in record.made:
        yield Remove(places.prefix)
    else:
        yield from (Remove(path) for path in (places.versions, places.current, places.record))
    yield from (RemoveEmpty(path) for path in around)
