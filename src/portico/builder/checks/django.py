"""A Django project's settings and routes, read and not run."""

from __future__ import annotations

from collections.abc import Iterator

from portico.builder import django_check, django_source
from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity
from portico.builder.module_names import fix
from portico.procfile import read_server


def settings(source: Source) -> Iterator[Finding]:
    found = django_source.read_settings(source.folder)
    if found is None:
        return
    name = source.name
    routes = django_source.read_routes(source.folder, found)
    facts = django_check.facts_of_source(found, routes, name, asgi=_is_asgi(source))
    yield from django_check.findings(facts, found, name, None)
    yield from django_check.root_findings(routes, name)
    yield from _whitenoise(source, facts)


def _is_asgi(source: Source) -> bool:
    web = source.processes.processes.get("web", "") if source.processes else ""
    server = read_server(web)
    return server is not None and server.mode == "strip"


def _whitenoise(source: Source, facts: django_check.Facts) -> Iterator[Finding]:
    names = source.needs.names if source.needs else frozenset()
    if facts.static_app and names and "whitenoise" not in names:
        what = "whitenoise, which serves Django's static files, is not among the packages."
        yield Finding(Severity.WARNING, source.form, None, what, fix("whitenoise", source.form))
