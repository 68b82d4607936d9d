"""What `portico check` prints: an app's files read, none of its code run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from portico import appjson, procfile
from portico.builder import django_check, django_source
from portico.builder.detect import Detected, detect, form
from portico.builder.findings import Finding, Severity, of_error
from portico.builder.forms.form import Dependencies
from portico.builder.modules import exists
from portico.builder.prepare import read_app_json, read_procfile
from portico.builder.python_version import wanted
from portico.builder.web_server import module_hint
from portico.errors import PorticoError
from portico.procfile import Procfile, Server, read_server

T = TypeVar("T")
LOCKED = {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"}


def check(folder: Path, name: str) -> list[Finding]:
    """Everything worth saying about an app before it is deployed under that name."""
    found: list[Finding] = []
    processes = _asked(found, procfile.NAME, lambda: read_procfile(folder))
    wishes = _asked(found, appjson.NAME, lambda: read_app_json(folder))
    detected = _asked(found, "requirements.txt", lambda: detect(folder))
    needs = _needs(found, folder, detected)
    _asked(found, ".python-version", lambda: wanted(folder))
    for said in (processes, wishes):
        found += [_said(text) for text in (said.warnings if said else ())]
    if processes and (server := read_server(processes.processes.get("web", ""))):
        found += _server(folder, processes, server, detected, needs)
    if source := django_source.read_settings(folder):
        routes = django_source.read_routes(folder, source)
        facts = django_check.facts_of_source(source, routes, name, asgi=_is_asgi(processes))
        found += django_check.findings(facts, source, name, None)
        found += django_check.root_findings(routes, name)
        found += _whitenoise(facts, detected, needs)
    return found


def _is_asgi(processes: Procfile | None) -> bool:
    server = read_server(processes.processes.get("web", "")) if processes else None
    return server is not None and server.mode == "strip"


def _needs(found: list[Finding], folder: Path, detected: Detected | None) -> Dependencies | None:
    if detected is None:
        return None
    name = detected.form
    needs = _asked(found, name, lambda: form(name).read(folder))
    found += needs.notes if needs else ()
    return needs


def _asked(found: list[Finding], file: str, question: Callable[[], T]) -> T | None:
    try:
        return question()
    except PorticoError as error:
        found += of_error(error, file)
        return None


def _said(text: str) -> Finding:
    file, _, what = text.partition(": ")
    place, _, line = file.partition(", line ")
    return Finding(Severity.WARNING, place, int(line) if line else None, what, "")


def _server(
    folder: Path,
    processes: Procfile,
    server: Server,
    detected: Detected | None,
    needs: Dependencies | None,
) -> Iterator[Finding]:
    line = processes.lines["web"]
    if needs and detected and needs.names and server.name not in needs.names:
        # Without a lock file it may come with another package; the build will know.
        severity = Severity.ERROR if detected.form in LOCKED else Severity.WARNING
        what = f"The Procfile starts {server.name}, which {detected.form} does not name."
        yield Finding(severity, detected.form, None, what, server.name)
    if server.module and not server.moved and not exists(server.module, [folder]):
        own = exists(server.module.partition(".")[0], [folder])
        yield Finding(
            Severity.ERROR if own else Severity.WARNING,
            procfile.NAME,
            line,
            f"There is no module {server.module} in this folder.",
            module_hint(server, folder),
        )


def _whitenoise(
    facts: django_check.Facts, detected: Detected | None, needs: Dependencies | None
) -> Iterator[Finding]:
    if not (facts.static_app and detected and needs and needs.names):
        return
    if "whitenoise" not in needs.names:
        what = "whitenoise, which serves Django's static files, is not among the packages."
        yield Finding(Severity.WARNING, detected.form, None, what, "whitenoise")
