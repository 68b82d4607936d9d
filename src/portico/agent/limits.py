"""What a process of an app may use, and what is said of one that has used it up. Pure."""

from __future__ import annotations

import signal

from portico.engines.engine import Exit
from portico.engines.limits import Limits, OutOfMemory
from portico.limits import amount, raise_it
from portico.wire import AppPlan, Problem, ProcessLimits

NORMAL_WEIGHT = 100
ONE_OFFS = {"postdeploy": "release"}  # as whom some are limited


def limits_of(plan: AppPlan, name: str) -> Limits:
    """Of a process by its name: each of them counts as much as any other where cores are short."""
    given = _given(plan, name)
    return Limits(
        memory=given.memory,
        cpu_weight=NORMAL_WEIGHT,
        cpus=given.cpus,
        pids=given.pids,
        files=given.files,
    )


def _given(plan: AppPlan, name: str) -> ProcessLimits:
    return plan.limits.get(_kind(name), plan.usual_limits)


def _kind(name: str) -> str:
    """The process type that has its limits."""
    kind = name.rpartition(".")[0]
    return ONE_OFFS.get(kind, kind)


def words_of_end(end: Exit, app: str, name: str, limits: Limits) -> str:
    """How a process ended, in words that follow its name."""
    if end.out_of_memory is None:
        return words_of_exit(end.code)
    return f"{used_up(end.out_of_memory, limits)}; {way_out(end, app, name, limits)}"


def words_of_exit(code: int | None) -> str:
    """An exit in words: `ended with code 3`, `was killed by signal 9`."""
    if code is None:
        return "ended, nobody knows how"
    if 128 < code <= 128 + signal.SIGRTMAX:  # beyond that it is a code of the program's own
        return f"was ended by signal {code - 128}"
    return f"ended with code {code}"


def used_up(whose: OutOfMemory, limits: Limits) -> str:
    most = amount(limits.memory or 0)
    if whose is OutOfMemory.ITS_OWN:
        return f"used {most} of {most} and was stopped"
    return "was stopped, because all apps together had used their memory"


def way_out(end: Exit, app: str, name: str, limits: Limits) -> str:
    if end.out_of_memory is OutOfMemory.ALL_APPS:
        return "tell the operator of this server"
    return f"raise it with {raise_it(app, _kind(name), limits.memory or 0)}"


def ended_at_start(end: Exit, app: str, name: str, limits: Limits) -> Problem | None:
    """Why a rollout failed whose process ended for its memory before it answered."""
    if end.out_of_memory is None:
        return None
    return Problem(
        title="The app ran out of memory at its start.",
        detail=f"{name} {used_up(end.out_of_memory, limits)} before it answered.",
        hint=f"Let it use less, or {way_out(end, app, name, limits)}",
    )


def release_command_failed(end: Exit, app: str, command: str, limits: Limits) -> Problem | None:
    """Why a release command made its deploy fail, when that was its memory."""
    if end.out_of_memory is None:
        return None
    return Problem(
        title="The release command ran out of memory.",
        detail=f"`{command}` {used_up(end.out_of_memory, limits)}.",
        hint=f"Let it use less, or {way_out(end, app, 'release.1', limits)}",
    )


def child_stopped(app: str, name: str, limits: Limits, count: int) -> str:
    """A line for the log of a process that has lost some of those that it had started."""
    which = "One of its processes was" if count == 1 else f"{count} of its processes were"
    most = amount(limits.memory or 0)
    raising = raise_it(app, _kind(name), limits.memory or 0)
    return f"{name} used {most} of {most}. {which} stopped; raise it with {raising}"


def refused_processes(app: str, name: str, limits: Limits) -> str:
    """A line for the log of a process that could not start one more."""
    pids = limits.pids or 0
    return (
        f"{name} has {pids} of {pids} processes and threads and was refused more; raise it "
        f"with portico limits {app} {_kind(name)} pids={2 * pids}"
    )
