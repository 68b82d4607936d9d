"""What one version of Portico leaves for the next, and finds again on the way back from one.

tests/kept/<version>/ holds the files as that version writes them. They are never changed: a release
adds a folder. A process whose record cannot be read is ended, so these tests stand between an
upgrade and every app's end.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from portico.agent import state as agent_state
from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.engines.engine import Endpoint
from portico.engines.local.process_table.pids import Pid
from portico.engines.local.processes.records import FORMAT, Folder, Pids, Record
from portico.installation import record as installation
from portico.layout import Layout
from portico.supervisor import state as supervisor_state
from portico.supervisor.identity import boot_id
from portico.wire import PathMode

KEPT = Path(__file__).with_name("kept")


def with_more(found: Any) -> Any:
    """The same from a later version, which has added something everywhere but where names are keys."""
    if not isinstance(found, dict):
        return found
    more = {key: with_more(value) for key, value in found.items()}
    named = all(isinstance(value, dict) for value in found.values()) or all(map(str.isdigit, found))
    return more if named else more | {"added": {"later": 1}}


@pytest.fixture(params=sorted(path.name for path in KEPT.iterdir()))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["as it was", "with more in it"])
def kept(request: pytest.FixtureRequest, version: str, tmp_path: Path):
    """Puts a file of that version where today's code looks for it."""

    def put(name: str, target: Path) -> None:
        found = json.loads((KEPT / version / name).read_text().replace("BOOT", boot_id()))
        target.parent.mkdir(parents=True, exist_ok=True)
        more = with_more(found) if request.param == "with more in it" else found
        target.write_text(json.dumps(more))

    return put


def test_processes_are_taken_over(kept, tmp_path: Path):
    folder = Folder(tmp_path)
    kept("record.json", folder.record)
    found = folder.read()
    assert found is not None
    assert found.model_copy(update={"limits": Record.model_fields["limits"].default}) == Record(
        boot="b",
        handle="1-web.1-0a",
        app_id=1,
        process="web.1",
        release=3,
        generation=2,
        started_at=1700000000.5,
        user=1879049193,
        endpoint=Endpoint("198.18.0.2", 8000),
        ready=True,
        pids=Pids(launcher=Pid(10, 11), init=Pid(12, 13), command=Pid(14, 15)),
    )
    assert (found.limits.memory, found.limits.pids) == (1 << 30, 512)


def test_a_record_of_another_meaning_is_not_believed(tmp_path: Path):
    text = (KEPT / "0.1.0" / "record.json").read_text()
    folder = Folder(tmp_path)
    folder.record.write_text(text.replace('"format": 1', f'"format": {FORMAT + 1}'))
    assert folder.read() is None


def test_web_agent_and_router_are_taken_over(kept, tmp_path: Path):
    kept("supervisor.json", tmp_path / "supervisor.json")
    assert supervisor_state.load(tmp_path / "supervisor.json") == supervisor_state.State(
        data="/var/lib/portico",
        url="http://a.example",
        listen="0.0.0.0:80",
        version="0.1.0",
        restarts=2,
        failures=1,
        ready=True,
        children={
            "web": supervisor_state.Record(10, 11),
            "router": supervisor_state.Record(12, 13, "f"),
        },
        sockets={
            "router": supervisor_state.SocketRecord(7, 70),
            "agent": supervisor_state.SocketRecord(8, 80),
        },
    )


def test_the_agent_knows_where_an_app_stood(kept, tmp_path: Path):
    layout = Layout(tmp_path)
    kept("state.json", layout.app(1) / "state.json")
    wanted = AppState(1)
    wanted.serving = Target(3, 2)
    wanted.progress = Progress(9, command=ReleaseCommand.DONE)
    wanted.path_modes = {3: PathMode.OWN}
    assert agent_state.load(layout, 1) == wanted


def test_an_installation_is_known(kept, tmp_path: Path):
    kept("installation.json", tmp_path / "installation.json")
    found = installation.of_text((tmp_path / "installation.json").read_text())
    assert found == installation.Record(
        Path("/var/lib/portico"), Path("/usr/local/bin/portico"), (Path("/opt/portico"),)
    )
