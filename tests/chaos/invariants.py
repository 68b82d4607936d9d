"""What is true of a server that has come to rest, whatever was done to it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from portico.engines.local.network.names import Names
from portico.engines.local.process_table.marks import marked, marker
from portico.layout import Layout
from portico.supervisor import status
from tests.chaos.world import AppAtWork
from tests.servers import Server

NUMBERED = re.compile(rb"^\S+ line (\w+) (\d+)$", re.MULTILINE)
NOT_KEPT = b"Portico: the disk was full;"
GROUPS = Path("/sys/fs/cgroup")


def at_rest(server: Server, apps: list[AppAtWork]) -> bool:
    """To be asked until it is: nothing is under way, and all that should be is there, alone."""
    assert status.read(server.layout).all_run
    handles = {handle for app in apps for handle in _processes(app)}
    _nothing_else_runs(server, handles)
    _nothing_half_made(server, apps)
    return True


def _processes(app: AppAtWork) -> set[str]:
    """The handles of an app that serves its current release with all of its processes."""
    seen = app.client.app(app.name)
    assert all(deploy.final for deploy in app.client.deploys(app.name)), "a deploy is under way"
    assert app.page() == str(_version(seen.release)), "another release serves"
    found = sorted((p.name, p.state, p.release) for p in app.client.processes(app.name))
    wanted = {k: n for k, n in app.client.formation(app.name).items() if k != "release"}
    names = sorted(f"{kind}.{n + 1}" for kind, count in wanted.items() for n in range(count))
    assert found == [(name, "running", seen.release) for name in names], found
    mine = f"{app.folder.name}-"
    handles = {f.name for f in app.server.layout.processes.iterdir() if f.name.startswith(mine)}
    assert len(handles) == len(names), handles
    assert {layer.name for layer in app.folder.glob("layers/*")} == handles, "layers"
    return handles


def _version(release: int | None) -> str:
    return f"v{release}"


def _nothing_else_runs(server: Server, handles: set[str]) -> None:
    name = server.layout.runtime.name
    assert set(marked(name)) == handles, "sandboxes"
    assert {folder.name for folder in server.layout.processes.iterdir()} == handles, "records"
    if os.geteuid() == 0:
        assert _links(name) == {marker(name, handle) for handle in handles}, "links"
        assert Names(name).table in _tables(), "the table of rules"
    assert _groups(name) <= handles, "control groups"
    assert _mounts(server.layout) == [], "mounts"


def remains(server: str) -> list[str]:
    """What is there of a server that has ended."""
    found = [*marked(server), *_groups(server)]
    if os.geteuid() == 0:
        found += [*_links(server), *(_tables() & {Names(server).table})]
    return found


def _links(server: str) -> set[str]:
    notes = {file.read_text().strip() for file in Path("/sys/class/net").glob("*/ifalias")}
    return {note for note in notes if note.startswith(marker(server, ""))}


def _tables() -> set[str]:
    return {line.split()[-1] for line in _output("nft", "list", "tables").splitlines()}


def _groups(server: str) -> set[str]:
    """Those that are for one handle each, of processes and of build steps."""
    of_server = [*GROUPS.glob(f"*/portico-{server}"), *GROUPS.glob(f"portico-{server}")]
    kinds = ("apps/*/*", "builds/*")
    return {g.name for top in of_server for kind in kinds for g in top.glob(kind) if g.is_dir()}


def _mounts(layout: Layout) -> list[str]:
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [p for p in points if p.startswith((f"{layout.data}/", f"{layout.runtime}/"))]


def _output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _nothing_half_made(server: Server, apps: list[AppAtWork]) -> None:
    layout = server.layout
    assert not list(layout.apps.glob("[!0-9]*")), "sources of builds"
    assert not list((layout.sources / "incoming").iterdir()), "uploads"
    for app in apps:
        plan = json.loads((layout.last_plan / f"{app.folder.name}.json").read_text())
        kept = {str(build) for build in plan["kept_builds"]}
        found = {path.name.removesuffix(".json") for path in app.folder.glob("slugs/*")}
        assert found <= kept, "slugs"


def nothing_is_lost(apps: list[AppAtWork]) -> None:
    """Of the numbered lines, between the first and the last of each process."""
    for app in apps:
        for log in (app.folder / "logs").glob("*.log"):
            text = b"".join(f.read_bytes() for f in sorted(log.parent.glob(f"{log.name}*")))
            if NOT_KEPT not in text:
                _assert_complete(app.name, log.name, text)


def _assert_complete(app: str, log: str, text: bytes) -> None:
    numbers: dict[bytes, set[int]] = defaultdict(set)
    for token, number in NUMBERED.findall(text):
        numbers[token].add(int(number))
    for token, found in numbers.items():
        missing = sorted(set(range(1, max(found))) - found)
        assert not missing, f"{app}, {log}, {token.decode()}: {len(missing)} lines, {missing[:9]}"


def ran_once(apps: list[AppAtWork]) -> None:
    """No release command, and no postdeploy script, twice for a release."""
    for app in apps:
        for name in ("released", "greeted"):
            file = app.folder / "data" / name
            releases = file.read_text().split() if file.exists() else []
            assert len(releases) == len(set(releases)), f"{app.name}: {name} {releases}"


def logs_have_ended(apps: list[AppAtWork]) -> None:
    """Whoever follows the log of a deploy that is over is let go."""
    for app in apps:
        for deploy in app.client.deploys(app.name)[:5]:
            log = app.folder / "logs" / f"deploy-{deploy.id}.log"
            if log.exists():
                assert log.read_bytes().rstrip(b"\n").endswith(b"\0"), f"{log}: no end"


def database_is_consistent(layout: Layout) -> None:
    with closing(sqlite3.connect(f"file:{layout.database}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        for what, query in FORBIDDEN.items():
            assert database.execute(query).fetchall() == [], what


FORBIDDEN = {
    "two live releases of one app": "SELECT app_id FROM control_release WHERE state = 'live' "
    "GROUP BY app_id HAVING count(*) > 1",
    "an app whose current release is not live": "SELECT app.id FROM control_app app "
    "JOIN control_release r ON r.id = app.current_id WHERE r.state != 'live'",
    "a deploy that has ended and holds its app": "SELECT app.id FROM control_app app "
    "JOIN control_deploy d ON d.id = app.under_way_id WHERE d.finished_at IS NOT NULL",
    "a deploy that nobody carries out": "SELECT d.id FROM control_deploy d JOIN control_app app "
    "ON app.id = d.app_id WHERE d.finished_at IS NULL AND app.under_way_id IS NULL",
    "a plan of an app that is not there": "SELECT app_id FROM control_planrow "
    "WHERE document IS NOT NULL AND app_id NOT IN (SELECT id FROM control_app)",
}
