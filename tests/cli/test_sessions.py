"""`portico run` and `portico exec`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import termios
from typing import Any

import pytest

from portico.cli.commandline import Order, parsed
from tests.cli.stub import Stub
from tests.waiting import until

SESSION = {"id": "s" * 20, "path": "/-/api/v1/sessions/ssssssssssssssssssss"}


class Command:
    """What the server's end of a session hears, and a script of what it says."""

    def __init__(self, stub: Stub) -> None:
        self.heard: list[Any] = []
        self.closed = False
        stub.answers["POST /apps/my-app/sessions"] = (201, SESSION)
        stub.socket = self

    async def __call__(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await self.talk(receive, send)

    async def talk(self, receive: Any, send: Any) -> None:
        """Echo until stdin is closed, then end with code 3."""
        while (data := await self.hear(receive)) not in (b"", None):
            await say(
                send, b"\x01" + data if isinstance(data, bytes) else b"\x02" + repr(data).encode()
            )
        await tell(send, {"exit": 3})
        await self.hear(receive)

    async def hear(self, receive: Any) -> Any:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            self.closed = True
            return None
        data = message.get("bytes")
        found = data if data is not None else json.loads(message["text"])
        self.heard.append(found)
        return found


async def say(send: Any, data: bytes) -> None:
    await send({"type": "websocket.send", "bytes": data})


async def tell(send: Any, message: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message)})


def order_of(stub: Stub, app: str = "my-app") -> Any:
    return stub.only("POST", f"/apps/{app}/sessions").json


@pytest.mark.parametrize(
    ("verb", "words", "app", "order"),
    [
        ("run", (), None, Order(None, None, ("ls",))),
        ("run", ("my-app",), None, Order("my-app", None, ("ls",))),
        ("run", (), "my-app", Order("my-app", None, ("ls",))),
        ("exec", ("web.1",), None, Order(None, "web.1", ("ls",))),
        ("exec", ("my-app", "web.1"), None, Order("my-app", "web.1", ("ls",))),
        ("exec", ("web.1",), "my-app", Order("my-app", "web.1", ("ls",))),
    ],
)
def test_app_and_process_stand_before_the_hyphens(verb, words, app, order):
    assert parsed(verb, words, app, ("ls",)) == order


def test_passes_streams_and_the_exit_code_on(child, stub):
    command = Command(stub)
    process = child("run", "my-app", "--", "sort", "-r", "--", "--app")
    stdout, stderr = process.communicate(b"some input", timeout=30)
    assert (process.returncode, stdout, stderr) == (3, b"some input", b"")
    assert command.heard == [b"some input", b""]
    assert order_of(stub) == {
        "kind": "run",
        "command": ["sort", "-r", "--", "--app"],
        "tty": False,
    }


def test_large_input_and_output_pass_whole(child, stub):
    Command(stub)
    data = os.urandom(3 << 20)
    stdout, _ = child("run", "my-app", "--", "cat").communicate(data, timeout=60)
    assert stdout == data


def test_stderr_is_kept_apart(portico, stub):
    command = Command(stub)

    async def talk(receive: Any, send: Any) -> None:
        await say(send, b"\x01out")
        await say(send, b"\x02err")
        await tell(send, {"exit": 0})

    command.talk = talk
    result = portico("exec", "my-app", "web.1", "--", "ls")
    assert (result.code, result.stdout, result.stderr) == (0, "out", "err")
    assert order_of(stub)["kind"] == "exec"
    assert order_of(stub)["process"] == "web.1"


def test_a_problem_of_the_session_is_told(portico, stub):
    command = Command(stub)
    problem = {"title": "web.1 does not run.", "detail": "It crashed.", "hint": "Look at ps."}
    command.talk = lambda _, send: tell(send, {"problem": problem})
    result = portico("exec", "my-app", "web.1", "--", "ls")
    assert result.code == 1
    assert result.stderr == "web.1 does not run.\nIt crashed.\nNext: Look at ps.\n"


def test_a_lost_connection_is_told(portico, stub):
    command = Command(stub)
    command.talk = lambda _, send: send({"type": "websocket.close", "code": 1012})
    result = portico("run", "my-app", "--", "ls")
    assert result.code == 1
    assert result.stderr.startswith("The connection to the command was lost.\n")
    assert result.stderr.endswith(
        "; a command whose caller is gone is ended.\n"
        "Next: Run it again; `portico logs` shows what the app itself has written.\n"
    )


def test_an_unknown_exit_code_is_a_failure(portico, stub):
    command = Command(stub)
    command.talk = lambda _, send: tell(send, {"exit": None})
    assert portico("run", "my-app", "--", "ls").code == 1


def test_a_refused_socket_is_told(portico, stub):
    stub.answers["POST /apps/my-app/sessions"] = (201, SESSION)

    async def refuse(receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    stub.socket = refuse
    result = portico("run", "my-app", "--", "ls")
    assert result.code == 1
    assert result.stderr == (
        "The server did not let the command begin.\n"
        "Its web socket answered 403 Forbidden.\n"
        "Next: Try again; a session waits only some seconds for its caller.\n"
    )


def test_without_a_command_says_how_to_write_one(portico, stub):
    assert portico("run", "my-app", "python", "-c", "1").stderr == (
        "No command was given.\n"
        "The app's command stands behind two hyphens, all of it.\n"
        "Next: For example `portico run my-app -- python --version`.\n"
    )


def test_words_too_many_before_the_hyphens_are_an_error(portico, stub):
    assert portico("run", "my-app", "python", "--", "-c", "1").stderr == (
        "`portico run` takes an app before the two hyphens.\n"
        "It was given: my-app python.\n"
        "Next: For example `portico run my-app -- -c 1`.\n"
    )


def test_ctrl_c_without_a_terminal_ends_the_session(child, stub):
    command = Command(stub)
    process = child("run", "my-app", "--", "sleep", "1000")
    process.stdin.write(b"x")
    process.stdin.flush()
    assert process.stdout.read(1) == b"x"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 1
    until(lambda: command.closed)


class Shell(Command):
    """Echoes keys in angle brackets; ends on q."""

    async def talk(self, receive: Any, send: Any) -> None:
        await say(send, b"\x01ready\r\n")
        while (found := await self.hear(receive)) is not None:
            if found == b"q":
                await tell(send, {"exit": 7})
                await asyncio.sleep(0)
            else:
                await say(send, b"\x01<" + (found if isinstance(found, bytes) else b"size") + b">")


def test_with_a_terminal_every_key_goes_to_the_command(stub, terminals):
    shell = Shell(stub)
    terminal = terminals("run", "my-app", "--", "bash")
    terminal.expect(b"ready")
    terminal.type(b"\x03")
    terminal.expect(b"<\x03>")
    terminal.resize(40, 120)
    terminal.expect(b"<size>")
    assert {"resize": [40, 120]} in shell.heard
    terminal.type(b"q")
    assert terminal.process.wait(timeout=30) == 7
    assert termios.tcgetattr(terminal.master) == terminal.before
    wanted = {"tty": True, "rows": 30, "columns": 100, "term": "xterm"}
    assert wanted.items() <= order_of(stub).items()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_restored_when_the_cli_is_ended(stub, terminals, number):
    Shell(stub)
    terminal = terminals("run", "my-app", "--", "bash")
    terminal.expect(b"ready")
    assert termios.tcgetattr(terminal.master) != terminal.before
    terminal.process.send_signal(number)
    assert terminal.process.wait(timeout=30) == 128 + number
    assert termios.tcgetattr(terminal.master) == terminal.before
