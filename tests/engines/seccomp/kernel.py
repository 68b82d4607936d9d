"""What the kernel does with a filter: an interpreter of the instructions that filters may have."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from errno import errorcode

INSTRUCTION = struct.Struct("<HBBI")
X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003


def verdict(
    program: bytes, number: int, arguments: Iterable[int] = (), machine: int = X86_64
) -> str:
    """`allow`, `kill`, or the name of the error that the call fails with."""
    given = [*arguments, *[0] * 6][:6]
    data = struct.pack("<IIQ6Q", number, machine, 0, *given)
    return _name(_run(list(INSTRUCTION.iter_unpack(program)), data))


def _run(lines: list[tuple[int, int, int, int]], data: bytes) -> int:
    at = accumulator = 0
    while True:
        code, then, otherwise, constant = lines[at]
        at += 1
        if code == 0x20:  # load a word
            assert constant % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == 0x06:  # end
            return constant
        else:
            jumps = {0x15: accumulator == constant, 0x35: accumulator >= constant}
            jumps[0x45] = bool(accumulator & constant)
            at += then if jumps[code] else otherwise


def _name(answer: int) -> str:
    action, error = answer & 0xFFFF0000, answer & 0xFFFF
    if action == 0x00050000:
        return errorcode[error]
    return {0x7FFF0000: "allow", 0x80000000: "kill"}[action]
