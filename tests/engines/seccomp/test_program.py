"""Verdicts of the filter, by an interpreter of its instructions."""

from __future__ import annotations

import pytest

from portico.engines.seccomp.numbers import MACHINES, NEWEST
from portico.engines.seccomp.policy import DENIED, Refusal, allowing
from portico.engines.seccomp.program import program
from tests.engines.seccomp.kernel import AARCH64, I386, INSTRUCTION, X86_64, verdict

FILTERS = {name: (machine, program(DENIED, name) or b"") for name, machine in MACHINES.items()}
MOST_INSTRUCTIONS = 4096
BY_ARGUMENT = ("socket", "ioctl", "clone", "personality")
# read, write, mmap, execve, setresuid, setresgid, setgroups, capset, prctl, wait4, seccomp
ORDINARY = {
    "x86_64": (0, 1, 9, 59, 117, 119, 116, 126, 157, 61, 317),
    "aarch64": (63, 64, 222, 221, 147, 149, 159, 91, 167, 260, 277),
}


def answer(call: str, *arguments: int, machine: str = "x86_64") -> str:
    known, filtering = FILTERS[machine]
    return verdict(filtering, known.numbers[call], arguments, known.audit)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_is_decided_as_the_policy_says(machine: str) -> None:
    known, filtering = FILTERS[machine]
    wanted = {known.numbers[r.call]: r for r in DENIED if r.call in known.numbers}
    for number in range(NEWEST + 1):
        refusal = wanted.get(number)
        if refusal is None:
            assert verdict(filtering, number, machine=known.audit) == "allow", number
        elif refusal.when is None:
            error = "ENOSYS" if refusal.error == 38 else "EPERM"
            assert verdict(filtering, number, machine=known.audit) == error, refusal


@pytest.mark.parametrize("machine", MACHINES)
def test_what_drops_privileges_and_runs_programs_is_allowed(machine: str) -> None:
    known, filtering = FILTERS[machine]
    for number in ORDINARY[machine]:
        assert verdict(filtering, number, machine=known.audit) == "allow"


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_by_their_arguments(machine: str) -> None:
    seen = {
        (call, *arguments): answer(call, *arguments, machine=machine)
        for call, *arguments in (
            ("socket", 1), ("socket", 2), ("socket", 10), ("socket", 16, 3),
            ("socket", 17), ("socket", 38), ("socket", 40), ("socket", 0),
            ("ioctl", 0, 0x5401), ("ioctl", 0, 0x5412), ("ioctl", 0, 0x541C),
            ("ioctl", 0, 1 << 32 | 0x5412),
            ("clone", 0x3D0F00), ("clone", 0x10000011), ("clone", 0x20000), ("clone", 0x80000000),
            ("personality", 0), ("personality", 0xFFFFFFFF), ("personality", 0x40000),
        )
    }  # fmt: skip
    assert seen == {
        ("socket", 1): "allow",
        ("socket", 2): "allow",
        ("socket", 10): "allow",
        ("socket", 16, 3): "allow",
        ("socket", 17): "EAFNOSUPPORT",  # packets
        ("socket", 38): "EAFNOSUPPORT",  # the kernel's ciphers
        ("socket", 40): "EAFNOSUPPORT",  # virtual machines
        ("socket", 0): "EAFNOSUPPORT",
        ("ioctl", 0, 0x5401): "allow",
        ("ioctl", 0, 0x5412): "EPERM",
        ("ioctl", 0, 0x541C): "EPERM",
        ("ioctl", 0, 1 << 32 | 0x5412): "EPERM",  # the kernel takes the low half alone
        ("clone", 0x3D0F00): "allow",  # a thread
        ("clone", 0x10000011): "EPERM",
        ("clone", 0x20000): "EPERM",
        ("clone", 0x80000000): "allow",
        ("personality", 0): "allow",
        ("personality", 0xFFFFFFFF): "allow",
        ("personality", 0x40000): "EPERM",  # addresses that are not random
    }


def test_each_new_namespace_is_refused_to_clone() -> None:
    flags = (0x20000, *(1 << bit for bit in range(25, 31)))
    assert {answer("clone", flag | 17) for flag in flags} == {"EPERM"}


def test_calls_of_other_machines_end_the_process_and_those_of_other_tables_do_not_exist() -> None:
    here, there = FILTERS["x86_64"][1], FILTERS["aarch64"][1]
    assert verdict(here, 1, machine=I386) == "kill"
    assert verdict(here, 1, machine=AARCH64) == "kill"
    assert verdict(there, 1, machine=X86_64) == "kill"
    assert verdict(here, 0x40000001) == "ENOSYS"


def test_calls_that_are_newer_than_the_policy_do_not_exist() -> None:
    for name, (known, filtering) in FILTERS.items():
        assert verdict(filtering, NEWEST + 1, machine=known.audit) == "ENOSYS", name
        assert verdict(filtering, 0xFFFFFFFF, machine=known.audit) == "ENOSYS", name


def test_the_kernel_takes_the_whole_program() -> None:
    for _, filtering in FILTERS.values():
        assert len(filtering) // INSTRUCTION.size < MOST_INSTRUCTIONS


def test_a_sandbox_that_makes_mounts_is_refused_the_rest() -> None:
    weaker = program(allowing(("mount", "umount2")), "x86_64") or b""
    numbers = MACHINES["x86_64"].numbers
    assert verdict(weaker, numbers["mount"]) == verdict(weaker, numbers["umount2"]) == "allow"
    assert verdict(weaker, numbers["bpf"]) == "EPERM"


def test_a_machine_whose_calls_are_not_known_has_no_filter() -> None:
    assert program(DENIED, "riscv64") is None


def test_the_policy_names_each_call_once_and_all_that_the_machines_have() -> None:
    names = [refusal.call for refusal in DENIED]
    assert len(names) == len(set(names))
    known = {name for machine in MACHINES.values() for name in machine.numbers}
    assert known == set(names)
    assert [r.call for r in DENIED if r.when is not None] == list(BY_ARGUMENT)
    assert Refusal("bpf") in DENIED
