"""Another version in the place of the current one, and the way back when it does not serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portico.errors import PorticoError
from portico.installation import refusals
from portico.installation.facts import Facts
from portico.installation.perform import perform
from portico.installation.places import Places
from portico.installation.source import Source
from portico.installation.steps import (
    Link,
    MakeVersion,
    Rehearse,
    Remove,
    Restart,
    Run,
    Step,
    TakeBack,
)
from portico.installation.uv import uv

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`prepare` touches nothing that serves, `back` undoes `switch`, `clear` is for afterwards."""

    before: str
    after: str
    prepare: tuple[Step, ...] = ()
    switch: tuple[Step, ...] = ()
    back: tuple[Step, ...] = ()
    clear: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.prepare, *self.switch, *self.clear)


def newest(source: Source, wanted: str | None) -> str:
    """The version that is asked for; without a word the newest that there is."""
    if (version := source.version() or wanted) is not None:
        return version
    words = ("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate")
    found = uv(*words, *source.options(), "-", stdin="portico\n")
    return found.partition("==")[2].strip()


def plan(facts: Facts, version: str, source: Source, places: Places) -> Plan:
    """Pure. Raises PorticoError. What an interrupted upgrade has done is not done again."""
    if not facts.root:
        raise refusals.not_root("upgrade")
    if facts.record is None or facts.current is None:
        raise refusals.not_installed(places)
    before = _before(facts)
    new = places.version(version)
    data = facts.record.data
    made = _made(facts, version, source, places)
    if version == facts.current == before and not made:
        return Plan(before, version)
    rehearsed = facts.current == version and not made
    return Plan(
        before,
        version,
        prepare=made if rehearsed else (*made, Rehearse(new, data, places.notes)),
        switch=(*_link(facts, version, places), *_restart(facts, data, version)),
        back=(
            Link(places.current, places.version(before)),
            TakeBack(new, data, places.notes),
            *_restart(facts, data, before),
        ),
        clear=_clear(facts, before, version, places),
    )


def _before(facts: Facts) -> str:
    """What serves: after an interrupted upgrade it may not be the current one."""
    known = facts.running if facts.running in facts.versions else facts.current
    assert known is not None  # noqa: S101 - asked only where there is a current one
    return known


def _made(facts: Facts, version: str, source: Source, places: Places) -> tuple[Step, ...]:
    if version in facts.versions:
        return ()
    requirement, options = source.requirement(version, facts.extras), source.options()
    return (MakeVersion(places.version(version), facts.python, requirement, options),)


def _link(facts: Facts, version: str, places: Places) -> tuple[Step, ...]:
    if facts.current == version:
        return ()
    return (Link(places.current, places.version(version)),)


def _restart(facts: Facts, data: Path, version: str) -> tuple[Step, ...]:
    return (Restart(data, version),) if facts.runs else ()


def _clear(facts: Facts, before: str, version: str, places: Places) -> tuple[Step, ...]:
    """The new version brings the unit up to date; the one before stays for a while, apps may have
    been started by it."""
    unit = Run((str(places.version(version) / "bin/portico"), "server", "install"))
    old = sorted(facts.versions - {before, version})
    return (unit, *(Remove(places.version(name)) for name in old))


def upgrade(planned: Plan, say: Say) -> None:
    """Do it. A failure leaves what served serving, and says so."""
    perform(planned.prepare, say)
    try:
        perform(planned.switch, say)
    except PorticoError as error:
        _go_back(planned, error, say)
    perform(planned.clear, say)


def _go_back(planned: Plan, why: PorticoError, say: Say) -> None:
    say(f"{planned.after} does not serve. Going back to {planned.before}.")
    found = f"{why.title} {why.detail}"
    try:
        perform(planned.back, say)
    except PorticoError as error:
        raise PorticoError(
            f"The upgrade to {planned.after} has failed, and so has the way back.",
            f"{found} Then: {error.title} {error.detail}",
            f"{why.hint} Start the server anew as soon as that is corrected.",
        ) from error
    raise PorticoError(
        f"The upgrade to {planned.after} has failed. {planned.before} serves as before.",
        found,
        why.hint,
    ) from why
