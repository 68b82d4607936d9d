"""The file of packages, beyond what reading it tells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from portico.builder.checks.source import Source
from portico.builder.detect import CONDA, FORMS
from portico.builder.findings import Finding, Severity, of_error
from portico.builder.forms import uv_lock
from portico.builder.forms.project import NAME as PROJECT
from portico.builder.forms.stale import stale
from portico.builder.order import Places
from portico.builder.uv import Uv
from portico.errors import PorticoError


def ignored(source: Source) -> Iterator[Finding]:
    """The other files that name packages."""
    for name in source.detected.ignored if source.detected else ():
        what = f"It is ignored: the packages come from {source.form}."
        yield Finding(Severity.WARNING, name, None, what, f"Remove {name}, or {source.form}.")


def notes(source: Source) -> Iterator[Finding]:
    """What reading it has brought up beside errors."""
    if source.needs:
        yield from source.needs.notes
    elif source.form == CONDA:
        yield from import_module(FORMS[CONDA]).notes(source.folder)


def lock(source: Source) -> Iterator[Finding]:
    """Whether uv would lock the project otherwise; uv reads the two files and runs nothing."""
    if source.form != uv_lock.NAME or source.uv is None or source.needs is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        uv = Uv(Places(uv=source.uv, py=Path(folder)), Path(folder), shared=True)
        try:
            is_stale = uv_lock.is_stale(uv, source.folder)
        except PorticoError as error:
            yield from of_error(error, uv_lock.NAME)
            return
    if is_stale:
        yield from of_error(stale(uv_lock.NAME, PROJECT, "uv lock"), uv_lock.NAME)
