import json
from pathlib import Path

import pytest

from portico.supervisor import state
from portico.supervisor.state import Record, SocketRecord, State

STATE = State(
    data="/srv/portico",
    url="http://127.0.0.1:8000",
    listen="127.0.0.1:8000",
    restarts=2,
    ready=True,
    children={"web": Record(10, 999), "router": Record(11, 1000, "abc")},
    sockets={"router": SocketRecord(5, 77)},
)


def test_what_is_saved_is_loaded(tmp_path: Path):
    state.save(tmp_path / "supervisor.json", STATE)
    assert state.load(tmp_path / "supervisor.json") == STATE
    assert [p.name for p in tmp_path.iterdir()] == ["supervisor.json"]


def test_the_state_of_another_boot_is_none(tmp_path: Path):
    file = tmp_path / "supervisor.json"
    state.save(file, STATE)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"boot": "another"}))
    assert state.load(file) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"children": {"web": {"pid": 1}}}'])
def test_an_unreadable_state_is_none(tmp_path: Path, text: str):
    (tmp_path / "supervisor.json").write_text(text)
    assert state.load(tmp_path / "supervisor.json") is None


def test_no_state_is_none(tmp_path: Path):
    assert state.load(tmp_path / "supervisor.json") is None
