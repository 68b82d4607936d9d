"""Files that the app needs and that `.gitignore` keeps from being sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from portico import appjson, procfile
from portico.builder import django_source
from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity
from portico.procfile import read_server

_BY_NAME = ("manage.py", "Aptfile", ".python-version", "runtime.txt", "gunicorn.conf.py")


def needed(source: Source) -> Iterator[Finding]:
    sent = set(source.paths)
    certain = {procfile.NAME, source.form}
    for file in dict.fromkeys(_needed(source)):
        if file not in sent and (source.folder / file).is_file():
            yield Finding(
                Severity.ERROR if file in certain else Severity.WARNING,
                file,
                None,
                "The app needs it, but .gitignore keeps it from being sent.",
                f"Remove the line of .gitignore that names it: git check-ignore -v {file}",
            )


def _needed(source: Source) -> Iterator[str]:
    yield from (procfile.NAME, appjson.NAME, *_BY_NAME)
    yield from source.needs.files if source.needs else (source.form,)
    web = source.processes.processes.get("web", "") if source.processes else ""
    server = read_server(web)
    if server and server.module and not server.moved:
        yield _file_of(source.folder, server.module)
    settings = django_source.read_settings(source.folder)
    if settings:
        yield settings.file


def _file_of(folder: Path, module: str) -> str:
    base = module.replace(".", "/")
    return f"{base}.py" if (folder / f"{base}.py").is_file() else f"{base}/__init__.py"
