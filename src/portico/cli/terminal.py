"""Ties this terminal, or these pipes, to a command on the server."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import tty as terminal_modes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from websockets.exceptions import ConnectionClosed

from portico.client.socket import CommandSocket, Piece

CHUNK = 32 << 10
RESIZE, QUIT = b"r", b"q"


def attached(socket: CommandSocket, *, tty: bool) -> int | None:
    """Pass everything on until the command ends; its exit code."""
    with _raw_terminal(tty), _forwarded_input(socket, tty):
        for frame in socket.frames():
            if not isinstance(frame, Piece):
                return frame.code
            _write(frame)
    return None


def _write(piece: Piece) -> None:
    stream = sys.stderr.buffer if piece.stderr else sys.stdout.buffer
    stream.write(piece.data)
    stream.flush()


@contextmanager
def _forwarded_input(socket: CommandSocket, tty: bool) -> Iterator[None]:
    """A thread that sends stdin and the terminal's size, and is gone afterwards."""
    reading, writing = os.pipe()
    thread = threading.Thread(target=_forward, args=(socket, reading), daemon=True)
    thread.start()
    try:
        with _resize_signal(writing, tty):
            yield
    finally:
        os.write(writing, QUIT)
        thread.join()
        os.close(reading)
        os.close(writing)


def _forward(socket: CommandSocket, orders: int) -> None:
    """Sending stands in this thread alone: a signal may come while another one sends."""
    stdin = _stdin()
    watched = [orders] if stdin is None else [orders, stdin]
    with suppress(ConnectionClosed, OSError):
        if stdin is None:
            socket.write(b"")
        while True:
            ready, _, _ = select.select(watched, [], [])
            if orders in ready:
                if os.read(orders, 1) == QUIT:
                    return
                columns, rows = os.get_terminal_size(sys.stdout.fileno())
                socket.resize(rows, columns)
            elif stdin is not None:
                data = os.read(stdin, CHUNK)
                socket.write(data)
                if not data:
                    watched = [orders]


def _stdin() -> int | None:
    """The descriptor of stdin, None when it was closed for us."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def _resize_signal(pipe: int, tty: bool) -> Iterator[None]:
    if not tty:
        yield
        return
    previous = signal.signal(signal.SIGWINCH, lambda *_: _ring(pipe))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, previous)


def _ring(pipe: int) -> None:
    os.write(pipe, RESIZE)


@contextmanager
def _raw_terminal(tty: bool) -> Iterator[None]:
    """Every key goes to the command; the terminal is as before afterwards, also when killed."""
    if not tty:
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    with _ended_by_signals():
        terminal_modes.setraw(descriptor)
        try:
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind instead of ending the process on the spot."""
    signals = (signal.SIGTERM, signal.SIGHUP)
    before: dict[int, Any] = {number: signal.signal(number, _unwind) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwind(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
