"""From refusals to the program that the kernel runs at each system call, in classic BPF. Pure.

The kernel hands it `struct seccomp_data`: the call's number, the machine, the caller's address and
six arguments of 64 bits. See Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import struct
from errno import ENOSYS
from functools import cache

from portico.engines.seccomp.numbers import MACHINES, NEWEST
from portico.engines.seccomp.policy import AnyBit, NotAmong, Refusal

NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16
# Instructions: load a word, compare with a constant, end with a verdict.
LOAD, EQUAL, AT_LEAST, ANY_BIT, END = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL, KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000


@cache
def program(refusals: tuple[Refusal, ...], machine: str) -> bytes | None:
    """The filter for a machine as `uname -m` calls it; None when its numbers are not known."""
    known = MACHINES.get(machine)
    if known is None:
        return None
    lines = [
        *_unless(EQUAL, known.audit, _word(LOAD, MACHINE), KILL),
        _word(LOAD, NUMBER),
        *_absent_from(known.foreign_from),
        *_absent_from(NEWEST + 1),
    ]
    for refusal in refusals:
        if refusal.call in known.numbers:
            lines += _refuse(known.numbers[refusal.call], refusal)
    return b"".join([*lines, _word(END, ALLOW)])


def _word(code: int, constant: int, then: int = 0, otherwise: int = 0) -> bytes:
    """An instruction: jumps count the instructions to skip."""
    return struct.pack("<HBBI", code, then, otherwise, constant)


def _unless(code: int, constant: int, load: bytes, verdict: int) -> list[bytes]:
    return [load, _word(code, constant, then=1), _word(END, verdict)]


def _absent_from(number: int | None) -> list[bytes]:
    if number is None:
        return []
    return [_word(AT_LEAST, number, otherwise=1), _word(END, FAIL | ENOSYS)]


def _refuse(number: int, refusal: Refusal) -> list[bytes]:
    decided = _decide(refusal)
    return [_word(EQUAL, number, otherwise=len(decided)), *decided]


def _decide(refusal: Refusal) -> list[bytes]:
    """The call has this number: the verdict, perhaps by an argument. Nothing runs on below it."""
    refused, when = _word(END, FAIL | refusal.error), refusal.when
    if when is None:
        return [refused]
    load = _word(LOAD, FIRST_ARGUMENT + 8 * when.argument)  # its low half, on both machines
    if isinstance(when, AnyBit):
        return [load, _word(ANY_BIT, when.bits, otherwise=1), refused, _word(END, ALLOW)]
    count, allowed = len(when.values), _word(END, ALLOW)
    tests = [_word(EQUAL, value, then=count - at) for at, value in enumerate(when.values)]
    ends = [refused, allowed] if isinstance(when, NotAmong) else [allowed, refused]
    return [load, *tests, *ends]
