"""The web socket of a running command: frames as in docs/architecture.md."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from portico import __version__
from portico.client import problems
from portico.client.api import Client
from portico.client.documents import Problem, Session
from portico.errors import PorticoError

STDERR = 2


@dataclass(frozen=True)
class Piece:
    """Output of the command; with a terminal all of it is stdout."""

    data: bytes
    stderr: bool = False


@dataclass(frozen=True)
class Ended:
    """The command's exit code, None when nobody knows it."""

    code: int | None


class CommandSocket:
    """Input may be sent from another thread than the one that reads."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        """Stdin; empty data closes it."""
        self._connection.send(data)

    def resize(self, rows: int, columns: int) -> None:
        self._connection.send(json.dumps({"resize": [rows, columns]}))

    def frames(self) -> Iterator[Piece | Ended]:
        """Output, then how it ended. Raises what the agent or a broken line has to say."""
        try:
            for frame in self._connection:
                yield from _understood(frame)
        except ConnectionClosed as error:
            raise _lost(str(error)) from error
        raise _lost("The server closed it")


@contextmanager
def open_socket(client: Client, session: Session) -> Iterator[CommandSocket]:
    """Connect to a session; leaving it ends the command when it still runs."""
    with ExitStack() as connected:
        yield CommandSocket(_connected(connected, client, session))


def _connected(stack: ExitStack, client: Client, session: Session) -> ClientConnection:
    secure = client.server.startswith("https:")
    try:
        return stack.enter_context(
            connect(
                "ws" + client.server.removeprefix("http") + session.path,
                additional_headers={"Authorization": f"Bearer {client.token}"},
                user_agent_header=f"portico/{__version__}",
                compression=None,  # a keystroke is not worth it
                max_size=None,
                ssl=ssl.create_default_context() if secure else None,
            )
        )
    except InvalidStatus as error:
        raise _refused(client, session, error) from error
    except (InvalidHandshake, OSError) as error:
        raise problems.unconnected(client.server, str(error) or type(error).__name__) from error


def _understood(frame: str | bytes) -> Iterator[Piece | Ended]:
    if isinstance(frame, bytes):
        yield Piece(frame[1:], stderr=frame[:1] == bytes([STDERR]))
        return
    message: dict[str, Any] = json.loads(frame)
    if "problem" in message:
        raise Problem.model_validate(message["problem"]).as_error()
    if "exit" in message:
        yield Ended(message["exit"])


def _refused(client: Client, session: Session, error: InvalidStatus) -> PorticoError:
    answer = httpx.Response(
        error.response.status_code,
        headers=list(error.response.headers.raw_items()),
        content=bytes(error.response.body or b""),
        request=httpx.Request("GET", client.server + session.path),
    )
    return problems.problem_of(answer) or PorticoError(
        "The server did not let the command begin.",
        f"Its web socket answered {answer.status_code} {answer.reason_phrase}.",
        "Try again; a session waits only some seconds for its caller.",
    )


def _lost(reason: str) -> PorticoError:
    return PorticoError(
        "The connection to the command was lost.",
        f"{reason.rstrip('.')}; a command whose caller is gone is ended.",
        "Run it again; `portico logs` shows what the app itself has written.",
    )
