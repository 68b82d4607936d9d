"""Which Python an app gets on a stack. Asked there, where environments are made."""

from __future__ import annotations

from portico.builder.order import Interpreter, InterpreterOrder
from portico.builder.python_version import choose, find, interpreters, wanted


def choose_interpreter(order: InterpreterOrder) -> Interpreter:
    there = interpreters(order.places)
    python = choose(wanted(order.places.app), there)
    return Interpreter(python, find(python, there) is None)
