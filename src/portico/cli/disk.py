"""`portico server disk`: what the server keeps on its disk, and which releases need it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portico.cli.output import show, show_table
from portico.disk_use import Document, columns, merged, shared_parts, used_by
from portico.errors import PorticoError
from portico.layout import Layout
from portico.supervisor import as_web
from portico.supervisor.environment import clean
from portico.supervisor.programs import PYTHON
from portico.units import size_words


def measure(layout: Layout, web: Mapping[str, str]) -> Document:
    """All that lies in the data folder. `web`: the environment of the control plane."""
    agent = clean(os.environ) | {"PORTICO_DATA": str(layout.data)}
    contents = _asked((*PYTHON, "portico.agent", "--disk"), agent)
    inventory = _asked(as_web.command("inventory"), web)
    return {"data": str(layout.data), **merged(contents, inventory)}


def show_disk(found: Document) -> None:
    """Tables, the largest first; then the sums."""
    _show(("APP", "RELEASES", "FILES", "PACKAGES", "DATA", "LOGS", "TOTAL"), _app_rows(found))
    _show(("ENVIRONMENT", "SIZE", "USED BY"), _environment_rows(found))
    _show(("SHARED", "SIZE"), _shared_rows(found))
    total, free = size_words(found["total"]), size_words(found["free"])
    show(f"{total} in {found['data']}; {free} free on its disk.")


def _show(columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    if listed := list(rows):
        show_table(columns, listed)
        show()


def _app_rows(found: Document) -> Iterator[Sequence[object]]:
    for app in sorted(found["apps"], key=lambda app: -app["total"]):
        yield (app["name"], len(app["releases"]), *map(size_words, columns(app)))


def _environment_rows(found: Document) -> Iterator[Sequence[object]]:
    for one in sorted(found["environments"], key=lambda one: -one["bytes"]):
        yield (one["name"][:12], size_words(one["bytes"]), used_by(one["used_by"]))


def _shared_rows(found: Document) -> Iterator[Sequence[object]]:
    return ((name, size_words(size)) for name, size in shared_parts(found))


def _asked(argv: Sequence[str], environment: Mapping[str, str]) -> Any:
    done = subprocess.run(
        argv, env=dict(environment), cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"Exit code {done.returncode}."
        raise PorticoError(
            "What the server keeps could not be measured.",
            said,
            "Start the server once, so that its database is there and up to date; then ask again.",
        )
    return json.loads(done.stdout)
