"""The commands of the Procfile: the server that they start, the files that they name."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator

from portico import appjson, procfile
from portico.builder.checks.source import Source
from portico.builder.findings import Finding, Severity, of_remark
from portico.builder.module_names import fix
from portico.builder.modules import exists
from portico.builder.prepare import unknown_types
from portico.builder.web_server import module_hint
from portico.procfile import Server, read_server

LOCKED = {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"}


def remarks(source: Source) -> Iterator[Finding]:
    """What the files themselves make one say."""
    for said in (source.processes, source.wishes):
        for remark in said.warnings if said else ():
            yield of_remark(remark, Severity.WARNING)


def formation(source: Source) -> Iterator[Finding]:
    if source.processes and source.wishes:
        for error in unknown_types(source.wishes, source.processes):
            what = f"{error.title} {error.detail}"
            yield Finding(Severity.ERROR, appjson.NAME, None, what, error.hint)


def server(source: Source) -> Iterator[Finding]:
    """The web server and the module that it is to serve."""
    found = read_server(source.processes.processes.get("web", "")) if source.processes else None
    if found is None or source.processes is None:
        return
    yield from _not_required(source, found)
    if found.module and not found.moved and not exists(found.module, [source.folder]):
        own = exists(found.module.partition(".")[0], [source.folder])
        yield Finding(
            Severity.ERROR if own else Severity.WARNING,
            procfile.NAME,
            source.processes.lines["web"],
            f"There is no module {found.module} in this folder.",
            module_hint(found, source.folder),
        )


def files(source: Source) -> Iterator[Finding]:
    """Python files that a command names and that are not there."""
    commands = source.processes.processes if source.processes else {}
    for kind, command in commands.items():
        missing = script(command)
        if missing and source.processes and not (source.folder / missing).exists():
            near = difflib.get_close_matches(missing, source.paths, 1)
            yield Finding(
                Severity.WARNING,
                procfile.NAME,
                source.processes.lines[kind],
                f"There is no file {missing} in this folder.",
                f"Write `{kind}: {command.replace(missing, near[0])}`."
                if near
                else "Write the name of a file that is there, or deploy this one as well.",
            )


def _not_required(source: Source, found: Server) -> Iterator[Finding]:
    needs = source.needs
    if needs is None or found.name in needs.names:
        return
    # Without a lock file it may come with another package; the build will know.
    is_empty = source.form == "requirements.txt" and not (needs.names or needs.private)
    certain = source.form in LOCKED or is_empty
    yield Finding(
        Severity.ERROR if certain else Severity.WARNING,
        source.form,
        None,
        f"The Procfile starts {found.name}, which {source.form} does not name.",
        fix(found.name, source.form),
    )


def script(command: str) -> str | None:
    """The script of `python script.py`, when nothing else is done before."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return None
    is_python = words[:1] and words[0].rpartition("/")[2].startswith("python")
    if not is_python or len(words) < 2 or not words[1].endswith(".py") or "$" in words[1]:
        return None
    return None if words[1].startswith(("/", "../")) else words[1]
