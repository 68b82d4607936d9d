"""The first step: unpack the source and say what it is. Runs no code of the app."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from portico import appjson, procfile
from portico.builder import log, modules, reading
from portico.builder.apt import wishes as apt_wishes
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.detect import CONDA, FORMS, Detected, detect, form
from portico.builder.forms.form import Dependencies
from portico.builder.order import Manifest, PrepareOrder
from portico.builder.problems import Problems
from portico.builder.proposals import missing_procfile
from portico.builder.python_version import PYTHON_FILES, choose, find, interpreters, wanted
from portico.builder.unpack import unpack
from portico.errors import PorticoError

_MOST_MEMORY = 1 << 30


def prepare(order: PrepareOrder) -> Manifest:
    """Raises PorticoError that names everything that is wrong with the source."""
    # An archive's header may announce a name of many gigabytes; the reader would believe it.
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    places = order.places
    unpack(places.source, places.app, order.most_bytes, order.most_files)
    return manifest(places.app, order)


def manifest(tree: Path, order: PrepareOrder) -> Manifest:
    """What an unpacked source brings."""
    problems = Problems()
    processes = problems.attempt(lambda: read_procfile(tree))
    wishes = problems.attempt(lambda: read_app_json(tree))
    apt = problems.attempt(lambda: apt_wishes.wished(tree))
    there = interpreters(order.places, order.debian_python if apt else "")
    python = problems.attempt(lambda: choose(wanted(tree), there))
    found = problems.attempt(lambda: _dependencies(tree, order))
    if wishes and processes:
        for error in unknown_types(wishes, processes):
            problems.add(error)
    problems.raise_any()
    if not (processes and wishes and python and found):
        raise AssertionError("a missing answer without a problem")
    detected, needs = found
    named = needs.conda.python if needs.conda else ""
    warnings = (
        *map(str, (*processes.warnings, *wishes.warnings)),
        *_ignored(detected),
        *(note.said for note in needs.notes),
        *_other_python(tree, detected, named),
    )
    python = named or python
    for text in warnings:
        log.warning(text)
    return Manifest(
        key=_key(order, python, detected.form, needs, tree),
        private=needs.private,
        python_missing=needs.conda is None and find(python, there) is None,
        processes=processes.processes,
        release_command=processes.release,
        formation=wishes.formation,
        defaults=wishes.defaults,
        generated=wishes.generated,
        required=wishes.required,
        health_path=wishes.health_path,
        liveness=wishes.liveness,
        predeploy=wishes.predeploy,
        postdeploy=wishes.postdeploy,
        warnings=warnings,
        modules=modules.own(tree),
        apt=apt,
        variables=needs.conda.variables if needs.conda else {},
    )


def read_procfile(tree: Path) -> procfile.Procfile:
    """The app's Procfile. Raises PorticoError, with a proposal when there is none."""
    if not (tree / procfile.NAME).is_file():
        raise missing_procfile(tree)
    return procfile.parse(reading.text(tree, procfile.NAME))


def read_app_json(tree: Path) -> appjson.AppJson:
    """The app's app.json; without one, nothing is asked for."""
    if not (tree / appjson.NAME).is_file():
        return appjson.AppJson()
    return appjson.parse(reading.text(tree, appjson.NAME))


def unknown_types(wishes: appjson.AppJson, processes: procfile.Procfile) -> Iterator[PorticoError]:
    """The errors for what app.json scales and the Procfile does not name."""
    for unknown in sorted(wishes.formation.keys() - processes.processes.keys()):
        yield PorticoError(
            f"app.json scales a process type that there is not: {unknown}.",
            f"The Procfile has {', '.join(sorted(processes.processes)) or 'none'}.",
            f"Add a line for {unknown} to the Procfile, or remove it from `formation`.",
        )


def _dependencies(tree: Path, order: PrepareOrder) -> tuple[Detected, Dependencies]:
    detected = detect(tree)
    if detected.form == CONDA:
        # Only a server's operator knows where channels are; other forms need not be told.
        conda = import_module(FORMS[CONDA])
        return detected, cast("Dependencies", conda.read(tree, order.conda_channels))
    return detected, form(detected.form).read(tree)


def _ignored(detected: Detected) -> Iterator[str]:
    if detected.ignored:
        yield f"Packages come from {detected.form}; ignored: {', '.join(detected.ignored)}."


def _other_python(tree: Path, detected: Detected, named: str) -> Iterator[str]:
    """Two files that name a Python."""
    files = (name for name in PYTHON_FILES if (tree / name).is_file())
    if named and (other := next(files, None)):
        yield f"Python comes from {detected.form}; ignored: {other}."


def _key(
    order: PrepareOrder, python: str, form_name: str, needs: Dependencies, tree: Path
) -> EnvironmentKey:
    files = [(name, reading.sha256(tree, name)) for name in sorted(set(needs.files))]
    return EnvironmentKey(
        stack=order.stack,
        python=python,
        uv=order.uv,
        form=form_name,
        files=tuple(files),
        shape=needs.shape,
        salt=order.salt,
        channels=needs.conda.channels if needs.conda else "",
    )
