"""Whether a web process may get requests: what to ask of it, and what its answers mean. Pure."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from portico.builder.lessons import Context, lesson
from portico.engines.engine import Answers, Check, Probe
from portico.wire import AppPlan, Liveness, PathMode, Problem, Release

REFUSED = f"{os.strerror(errno.ECONNREFUSED)}."
_ERROR = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|NotFound|Configured)\b")
# A path that no app routes on purpose; tells a catch-all from an app that knows its prefix.
NOWHERE = "/portico-asks-for-a-path-that-is-not-there"


@dataclass(frozen=True)
class Verdict:
    """`path_mode` when the answers told it, `problem` when it must not serve, `warning` otherwise."""

    path_mode: PathMode | None = None
    problem: Problem | None = None
    warning: str | None = None


def probe_of(plan: AppPlan, release: Release, path_mode: PathMode | None) -> Probe:
    """Ask as the router would: with the public host name, and the path that the app will see."""
    url = urlsplit(plan.url)
    return Probe(
        host=url.netloc,
        paths=_paths(plan.prefix, release.health_path, path_mode),
        headers=_headers(plan, path_mode),
        seconds=plan.ready_seconds,
    )


def check_of(plan: AppPlan, liveness: Liveness, path_mode: PathMode | None) -> Check:
    """Ask as the router would, too, at the path that app.json names."""
    return Check(
        host=urlsplit(plan.url).netloc,
        path=_paths(plan.prefix, liveness.path, path_mode or PathMode.OWN)[0],
        headers=_headers(plan, path_mode),
        wait=liveness.wait,
        timeout=liveness.timeout,
        attempts=liveness.attempts,
        initial_delay=liveness.initial_delay,
    )


def words_of_failure(liveness: Liveness, why: str) -> str:
    """As `last_exit` tells it."""
    times = f"{liveness.attempts} times in a row" if liveness.attempts > 1 else "once"
    return f"failed its liveness check {times}: asked for {liveness.path}, {why}"


def _paths(prefix: str, health: str | None, path_mode: PathMode | None) -> tuple[str, ...]:
    below = health or "/"
    if path_mode is None:
        return (f"{prefix}{below}", below, f"{prefix}{NOWHERE}", NOWHERE)
    return (below,) if path_mode is PathMode.STRIP else (f"{prefix}{below}",)


def _headers(plan: AppPlan, path_mode: PathMode | None) -> dict[str, str]:
    url = urlsplit(plan.url)
    forwarded = {"X-Forwarded-Proto": url.scheme, "X-Forwarded-Host": url.netloc}
    if path_mode is PathMode.STRIP:
        forwarded |= {"X-Forwarded-Prefix": plan.prefix, "X-Script-Name": plan.prefix}
    return forwarded


def judge(plan: AppPlan, release: Release, path_mode: PathMode | None, answers: Answers) -> Verdict:
    """What a process's answers say of it; `answers` is not empty."""
    if path_mode is None:
        return _find_mode(plan, release, answers)
    (path,) = _paths(plan.prefix, release.health_path, path_mode)
    return _judge_status(plan, path_mode, path, answers.statuses[path])


def _find_mode(plan: AppPlan, release: Release, answers: Answers) -> Verdict:
    full, bare, full_nowhere, bare_nowhere = (
        answers.statuses.get(path, 599) for path in _paths(plan.prefix, release.health_path, None)
    )
    if _good(full) and not _good(full_nowhere):
        return Verdict(path_mode=PathMode.OWN)
    if _good(bare) or (_good(full) and _good(bare_nowhere)):
        return Verdict(path_mode=PathMode.STRIP)
    if _good(full):  # every path below its prefix is a page of its, and no other is
        return Verdict(path_mode=PathMode.OWN)
    if full == bare and (full == 400 or full >= 500):  # it fails before it looks at the path
        return _judge_status(plan, PathMode.OWN, f"{plan.prefix}/", full)
    return Verdict(problem=_no_mode(plan, full, bare))


def _good(status: int) -> bool:
    # 401 and 403 are answers of a page that is there.
    return status < 400 or status in (401, 403)


def _no_mode(plan: AppPlan, full: int, bare: int) -> Problem:
    return Problem(
        title="Portico could not find out how the app meets its path.",
        detail=f"It answered {full} at {plan.prefix}/ and {bare} at /.",
        hint="Make one of the two answer, or say which it is: "
        f"portico apps set {plan.name} --path own, mount or strip.",
    )


def _judge_status(plan: AppPlan, path_mode: PathMode, path: str, status: int) -> Verdict:
    if status == 400:
        return Verdict(problem=_bad_host(plan, path))
    if status >= 500:
        return Verdict(problem=_server_error(plan, path, status))
    if status == 404 and path_mode is PathMode.OWN:
        return Verdict(problem=_nothing_at_prefix(plan, path))
    if status == 404:
        return Verdict(warning=f"The app answers 404 at its root, {plan.url}.")
    return Verdict()


def _bad_host(plan: AppPlan, path: str) -> Problem:
    host = urlsplit(plan.url).hostname
    return Problem(
        title="The app refuses its host name.",
        detail=f"It answered 400 at {path} to a request for the host {host}.",
        hint='With Django, add the host to the settings: ALLOWED_HOSTS = [os.environ["PORTICO_HOSTNAME"]].',
    )


def _server_error(plan: AppPlan, path: str, status: int) -> Problem:
    return Problem(
        title="The app answers with a server error.",
        detail=f"It answered {status} at {path}.",
        hint="Its log says why; the deploy's log ends with its last lines, "
        f"and `portico logs {plan.name}` has the rest.",
    )


def _nothing_at_prefix(plan: AppPlan, path: str) -> Problem:
    return Problem(
        title="The app has no page at its path.",
        detail=f"It answered 404 at {path}, where viewers will open it.",
        hint=f'Route the path in the app, e.g. path("{plan.name}/", ...) in urls.py, or let Portico '
        f"mount it: portico apps set {plan.name} --path mount.",
    )


def never_answered(
    plan: AppPlan, answers: Answers, listening: tuple[int, ...], port: int
) -> Problem:
    """Why a process that runs is not ready when its time is up."""
    seconds = f"{plan.ready_seconds:g} s"
    if listening and port not in listening:
        ports = ", ".join(str(other) for other in listening)
        return Problem(
            title="The app listens on the wrong port.",
            detail=f"It was given PORT={port} but listens on {ports}; nothing answered within {seconds}.",
            hint='Bind to the port in the variable PORT: port=int(os.environ["PORT"]) in a program of your '
            'own, "--bind 0.0.0.0:$PORT" or "--port $PORT" behind a server in the Procfile.',
        )
    if not listening:
        return Problem(
            title="The app never listened on its port.",
            detail=f"It was given PORT={port} and listened on no port within {seconds}.",
            hint="Check that the web line of the Procfile starts a server that binds to $PORT; "
            f"a slow start gets more time with: portico apps set {plan.name} --ready-seconds 120.",
        )
    if answers.error == REFUSED:
        return Problem(
            title="The app listens where the router cannot reach it.",
            detail=f"It listens on port {port}, but connections to it were refused for {seconds}: "
            "it listens on an IPv6 address alone, or on one that is not the process's.",
            hint="Listen on all addresses or on 127.0.0.1, e.g. "
            '"web: uvicorn main:app --host 0.0.0.0 --port $PORT".',
        )
    return Problem(
        title="The app never answered.",
        detail=f"It listens on port {port} but gave no answer within {seconds}: {answers.error}",
        hint=f"Its log says why; a slow start gets more time with: portico apps set {plan.name} --ready-seconds 120.",
    )


def ended_at_start(plan: AppPlan, words: str, last_lines: list[str]) -> Problem:
    """Why a process that ended before it answered did so."""
    # Servers wrap what their app raised into errors of their own: the first one is the cause.
    cause = next((line for line in last_lines if _ERROR.match(line)), None)
    found = f"The web process {words} before it answered{f': {cause}' if cause else '.'}"
    if last_lines:
        found += "\nIts last lines:\n" + "\n".join(f"    {line}" for line in last_lines)
    return Problem(
        title="The app ended at its start.",
        detail=found,
        hint=f"Mend what the lines above say and deploy again; `portico logs {plan.name}` has all of them.",
    )


def taught(problem: Problem, last_lines: Sequence[str], context: Context) -> Problem:
    """The same with what to write, where the process's last lines name something missing."""
    hint = lesson(last_lines, context)
    return problem.model_copy(update={"hint": hint}) if hint else problem
