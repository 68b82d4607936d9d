"""What the processes of an app may use: the author's word within the operator's bounds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from portico import limits, wire
from portico.control import instance
from portico.control.models.capacity import known_capacity
from portico.errors import PorticoError
from portico.limits import NAMES, Changes, Most, Value

if TYPE_CHECKING:
    from portico.control.models.app import App

# As whom commands beside the formation are limited.
ONE_OFFS = ("release", "run")
_TYPE = re.compile(r"[a-z0-9-]{1,20}")


def limits_of(app: App, kind: str) -> dict[str, Value]:
    """By their names; None: no limit but the machine's."""
    usual, own = _usual(), app.limits.get(kind, {})
    return {name: _within(own.get(name, usual[name]), _operators(name)) for name in NAMES}


def types_of(app: App) -> list[str]:
    """The process types that have limits, in the order of the Procfile."""
    known = app.current.processes if app.current else {}
    return list(dict.fromkeys((*known, *ONE_OFFS, *sorted(app.limits))))


def as_wire(values: Mapping[str, Value]) -> wire.ProcessLimits:
    named = {"cpus" if name == "cpu" else name: value for name, value in values.items()}
    return wire.ProcessLimits.model_validate(named)


def planned_limits(app: App) -> dict[str, wire.ProcessLimits]:
    """Of the types of which the author has said something."""
    return {kind: as_wire(limits_of(app, kind)) for kind in app.limits}


def usual_limits() -> wire.ProcessLimits:
    return as_wire({name: _within(value, _operators(name)) for name, value in _usual().items()})


def changed(app: App, kind: str, changes: Changes) -> tuple[dict[str, Changes], bool]:
    """What the author has said after these changes, and whether they take new processes.

    Raises PorticoError for changes that cannot be.
    """
    _check_type(kind, types_of(app) if app.current else None)
    for name, value in changes.items():
        if name not in NAMES:
            raise limits.unknown(name)
        if value is not None:
            limits.check(name, value, _most(name))
    before = app.limits.get(kind, {})
    after = {name: value for name, value in {**before, **changes}.items() if value is not None}
    differ = {name for name in NAMES if before.get(name) != after.get(name)}
    said = {other: own for other, own in {**app.limits, kind: after}.items() if own}
    return said, kind not in ONE_OFFS and bool(differ - changeable())


def not_enforced() -> list[str]:
    """The limits that are not kept where apps run."""
    there = known_capacity()
    return [] if there is None else [name for name in NAMES if name not in there.enforced]


def changeable() -> frozenset[str]:
    """The limits that running processes get at once."""
    there = known_capacity()
    return there.changeable if there else frozenset()


def words(kind: str, changes: Changes) -> str:
    """As one would type them."""
    said = (
        f"{name}={limits.DEFAULT if value is None else limits.said(name, value)}"
        for name, value in changes.items()
    )
    return " ".join((kind, *said))


def operators_limits() -> tuple[Value, ...]:
    """All that the operator has to say of them."""
    return (*_usual().values(), *(_operators(name) for name in NAMES))


def _usual() -> dict[str, Value]:
    server = instance.server()
    return {
        "memory": server.process_memory_bytes,
        "cpu": server.process_cpus,
        "pids": server.process_pids,
        "files": server.process_files,
    }


def _operators(name: str) -> Value:
    server = instance.server()
    return {
        "memory": server.max_process_memory_bytes,
        "cpu": server.max_process_cpus,
        "pids": server.max_process_pids,
        "files": server.max_process_files,
    }[name]


def _most(name: str) -> Most:
    setting = {
        "memory": "max_process_memory_bytes",
        "cpu": "max_process_cpus",
        "pids": "max_process_pids",
        "files": "max_process_files",
    }[name]
    there = known_capacity()
    machine = {"memory": there.memory, "cpu": there.cpus}.get(name) if there else None
    return Most(machine, _operators(name), setting)


def _within(value: Value, most: Value) -> Value:
    """The operator may have come down since the author chose; no limit at all is within none."""
    if most is None or value is None:
        return most if value is None else value
    return min(value, most)


def _check_type(kind: str, types: Collection[str] | None) -> None:
    if types is not None and kind in types:
        return
    if types is None and _TYPE.fullmatch(kind):
        return
    known = (
        f"This app has: {', '.join(types)}."
        if types is not None
        else "A process type has 1 to 20 lower-case letters, digits and dashes."
    )
    raise PorticoError(
        f"There is no process type '{kind[:40]}'.",
        known,
        "Limit one of those, or add a line for it to the Procfile and deploy.",
    )
