"""The stub server, a home of one's own, and the CLI as a function and as a child."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portico import __version__
from tests.cli.stub import TOKEN, Stub, served
from tests.cli.terminal import Terminal


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No login, no configuration of git, UTC, and an empty folder to stand in."""
    for name in [name for name in os.environ if name.startswith(("PORTICO_", "GIT_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(home / "folder")
    return home


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A server, and its address and token in the environment."""
    stub = Stub(version=__version__)
    with served(stub) as url:
        stub.url = url
        monkeypatch.setenv("PORTICO_SERVER", url)
        monkeypatch.setenv("PORTICO_TOKEN", TOKEN)
        yield stub


@pytest.fixture
def portico(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the CLI in this process, without a terminal."""
    from portico.cli.main import main

    def run(*words: str, stdin: bytes = b"") -> Result:
        streams = {
            "stdin": io.TextIOWrapper(io.BytesIO(stdin)),
            "stdout": io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
            "stderr": io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
        }
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["portico", *words])
            for name, stream in streams.items():
                patched.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as ended:
                main()
        return Result(
            int(ended.value.code or 0), _text(streams["stdout"]), _text(streams["stderr"])
        )

    return run


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the CLI as a process of its own; ended with the test."""
    children: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **options: object) -> subprocess.Popen[bytes]:
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
        argv = [sys.executable, "-m", "portico.cli", *words]
        children.append(subprocess.Popen(argv, **streams))  # type: ignore[call-overload]
        return children[-1]

    yield start
    for process in children:
        process.kill()
        process.communicate()


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    """Start the CLI with a terminal; ended with the test."""
    opened: list[Terminal] = []

    def start(*words: str) -> Terminal:
        opened.append(Terminal(*words))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
