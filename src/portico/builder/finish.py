"""The last step: check the app in its environment and let it make its static files.

This is the first time that the app's own code runs. It runs as the app.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from portico.builder import child, django_source, log, modules
from portico.builder.conda.activation import activate, conda_python
from portico.builder.detect import CONDA
from portico.builder.django_check import facts_of_answer, findings
from portico.builder.django_project import Answer, ask
from portico.builder.findings import Finding
from portico.builder.lessons import Context, lesson
from portico.builder.order import Finished, FinishOrder, Mode
from portico.builder.prepare import read_procfile
from portico.builder.web_server import check_server, server_mode
from portico.errors import PorticoError
from portico.procfile import read_server


def finish(order: FinishOrder) -> Finished:
    """Raises PorticoError for what would certainly fail at the start, or has failed now."""
    tree, environment = order.places.app, order.places.environment(order.environment)
    processes = read_procfile(tree)
    variables = _activated(order, environment)
    server = read_server(processes.processes.get("web", ""))
    if server:
        check_server(server, processes.lines["web"], order, environment)
    if order.predeploy:
        _predeploy(order.predeploy, tree, environment, order.form)
    with _compiled(tree, environment):
        project = ask(order, environment)
    mode = server_mode(server, tree)
    warnings = tuple(_warnings(project, order, asgi=mode == "strip"))
    for text in warnings:
        log.warning(text)
    own = project is not None and project.own
    return Finished(
        path_mode(order.path_mode, own, mode),
        _version(environment),
        warnings,
        variables,
    )


def path_mode(setting: Mode | None, own: bool, server: Mode | None) -> Mode | None:
    """The setting, what Django routes, what the server wants; None: ask the running app."""
    if setting:
        return setting
    return "own" if own else server


def _predeploy(command: str, tree: Path, environment: Path, form: str) -> None:
    log.step("Running predeploy")
    ended = child.run(["sh", "-c", command], tree, environment)
    if ended.code:
        raise PorticoError(
            "The predeploy script failed.",
            f"It ended with code {ended.code}. Its last lines:\n{ended.tail}",
            lesson(ended.last, Context(form, modules.own(tree)))
            or "Correct scripts.dokku.predeploy in app.json and deploy again.",
        )


def _compiled(tree: Path, environment: Path) -> subprocess.Popen[bytes]:
    """Byte-compile the app beside what else is done: a slug is read-only for its processes."""
    return subprocess.Popen(
        [environment / "bin" / "python", "-I", "-S", "-m", "compileall", "-q", tree],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _warnings(project: Answer | None, order: FinishOrder, *, asgi: bool) -> Iterator[str]:
    if project is None:
        return
    if project.problem:
        yield (
            f"Django could not be set up during the build: {project.problem}\n"
            "Its settings were not checked, and its routes were not read."
            f"{_taught(project.problem, order)}"
        )
        return
    for finding in _findings(project, order, asgi=asgi):
        yield str(finding)


def _taught(problem: str, order: FinishOrder) -> str:
    taught = lesson([problem], Context(order.form, modules.own(order.places.app)))
    return f"\n{taught}" if taught else ""


def _findings(project: Answer, order: FinishOrder, *, asgi: bool) -> Iterator[Finding]:
    tree = order.places.app
    source = django_source.read_settings(tree)
    if source and project.facts:
        facts = facts_of_answer(project.facts, source, tree, asgi=asgi)
        yield from findings(facts, source, order.app_name, order.host)


def _activated(order: FinishOrder, environment: Path) -> dict[str, str]:
    """The variables of a conda environment, set for what runs in this step; config vars win."""
    if order.form != CONDA:
        return {}
    variables = activate(environment, order.places.app, order.variables)
    os.environ.update(
        {**variables, **os.environ, "PATH": variables.get("PATH", os.environ["PATH"])}
    )
    return variables


def _version(environment: Path) -> str:
    if version := conda_python(environment):
        return version
    config = (environment / "pyvenv.cfg").read_text()
    match = re.search(r"^version_info = ([\d.]+)", config, re.MULTILINE)
    return match[1] if match else ""
