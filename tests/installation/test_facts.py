"""What is found on a machine, looked for below a temporary folder."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from portico import __version__
from portico.errors import PorticoError
from portico.installation.facts import Facts, Found, interpreter, look
from portico.installation.places import Places, own_prefix
from portico.installation.record import Record, to_text
from tests.ports import free_port


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "opt", tmp_path / "bin/portico", tmp_path / "units/p.service", tmp_path / "env/e"
    )


@pytest.fixture
def listen() -> str:
    return f"127.0.0.1:{free_port()}"


def found(places: Places, data: Path, listen: str | None) -> Facts:
    """Without what follows from the machine and the environment that the test runs in."""
    facts = look(places, data, listen)
    assert facts.python == interpreter()
    assert facts.extras == ("saml",)
    facts = replace(facts, extras=())
    return replace(
        facts, root=True, systemd=None, enabled=False, active=False, lacking=(), closed=""
    )


def test_an_empty_machine(places: Places, tmp_path: Path, listen: str):
    data = tmp_path / "var/data"
    folders = ("opt", "opt/versions", "bin", "units", "env", "var", "var/data")
    assert found(places, data, listen) == Facts(
        version=__version__,
        python=interpreter(),
        missing=frozenset(tmp_path / name for name in folders),
        listen=listen,
        url=f"http://{listen}",
    )


def test_an_installation(places: Places, tmp_path: Path, listen: str):
    data = tmp_path / "data"
    for folder in (data, places.version("0.1.0"), places.version("0.0.9"), places.command.parent):
        folder.mkdir(parents=True)
    (places.version("0.1.0") / "complete").touch()
    places.current.symlink_to(places.version("0.1.0"))
    places.command.symlink_to(places.program)
    record = Record(data, places.command, (places.prefix,))
    places.record.write_text(to_text(record))
    (data / "portico.toml").write_text(f'listen = "{listen}"\nurl = "http://x.example"\n')
    (data / "changed-sysctls.json").write_text('{"net/ipv4/ip_forward": "0"}')
    assert found(places, data, None) == Facts(
        version=__version__,
        python=interpreter(),
        missing=frozenset({tmp_path / "units", tmp_path / "env"}),
        prefix=Found.OURS,
        record=record,
        versions=frozenset({"0.1.0"}),
        current="0.1.0",
        command=places.program,
        texts={
            places.record: to_text(record),
            data / "portico.toml": f'listen = "{listen}"\nurl = "http://x.example"\n',
        },
        data=Found.OURS,
        listen=listen,
        url="http://x.example",
        settings=("net/ipv4/ip_forward",),
    )


def test_what_belongs_to_others(places: Places, tmp_path: Path, listen: str):
    for file in (places.prefix / "theirs", places.command, tmp_path / "data/theirs"):
        file.parent.mkdir(parents=True)
        file.touch()
    facts = found(places, tmp_path / "data", listen)
    assert (facts.prefix, facts.command, facts.data) == (
        Found.FOREIGN,
        places.command,
        Found.FOREIGN,
    )


def test_an_occupied_port(places: Places, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        facts = look(places, tmp_path / "data", f"127.0.0.1:{port}")
    assert isinstance(facts.in_the_way, PorticoError)
    assert (facts.in_the_way.title, facts.in_the_way.detail) == (
        f"Port {port} is in use.",
        f"Process {os.getpid()} ({Path('/proc/self/comm').read_text().strip()}) listens on port "
        f"{port} already.",
    )


def test_a_program_knows_the_installation_that_it_belongs_to(tmp_path: Path):
    environment = tmp_path / "versions/0.1.0"
    assert own_prefix(environment) == Path("/opt/portico")
    (tmp_path / "installation.json").touch()
    assert own_prefix(environment) == tmp_path
