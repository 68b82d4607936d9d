"""Limits as people write and read them."""

from __future__ import annotations

import pytest

from portico.errors import PorticoError
from portico.limits import GIB, MIB, Most, amount, check, parsed, raise_it, said, written

EXAMPLE = "For example `portico limits APP web memory=2G cpu=1.5`."


def three(error: pytest.ExceptionInfo[PorticoError]) -> tuple[str, str, str]:
    return error.value.title, error.value.detail, error.value.hint


def test_values_are_written_with_units_or_without() -> None:
    words = ("memory=1.5G", "cpu=1.5", "pids=100", "files=2048")
    assert parsed(words) == {"memory": 3 << 29, "cpu": 1.5, "pids": 100, "files": 2048}
    assert [parsed([f"memory={text}"])["memory"] for text in ("512M", "512MiB", "2gb", "7")] == [
        512 * MIB,
        512 * MIB,
        2 * GIB,
        7,
    ]
    assert parsed(("memory=default", "cpu=default")) == {"memory": None, "cpu": None}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "memory",
            (
                "'memory' is not a limit.",
                "A limit is written NAME=VALUE, and its name is one of memory, cpu, pids, files.",
                EXAMPLE,
            ),
        ),
        (
            "ram=2G",
            (
                "There is no limit 'ram'.",
                "The limits of a process type are memory, cpu, pids, files.",
                EXAMPLE,
            ),
        ),
        *(
            (
                f"memory={text}",
                (
                    f"memory={text} cannot be a limit.",
                    "It is a number with K, M, G or T behind it, or of bytes.",
                    "For example memory=512M or memory=2G; memory=default takes it back.",
                ),
            )
            for text in ("2X", "", "-1", "1e9", "M", "nan", "2 G")
        ),
        (
            "cpu=all",
            (
                "cpu=all cannot be a limit.",
                "It is a number of processor cores.",
                "For example cpu=0.5 or cpu=2; cpu=default takes it back.",
            ),
        ),
        (
            "pids=1.5",
            (
                "pids=1.5 cannot be a limit.",
                "It is a whole number.",
                "For example pids=512; pids=default takes it back.",
            ),
        ),
    ],
)
def test_what_is_malformed_is_explained(word: str, said: tuple[str, str, str]) -> None:
    with pytest.raises(PorticoError) as error:
        parsed([word])
    assert three(error) == said


@pytest.mark.parametrize(
    ("name", "value", "most", "said"),
    [
        (
            "memory",
            0,
            Most(),
            (
                "0 bytes of memory are too little for a process.",
                "The least is 16 MiB.",
                "Choose at least that, or take it back: memory=default.",
            ),
        ),
        (
            "memory",
            8 * GIB,
            Most(machine=20 * GIB, operator=4 * GIB, setting="max_process_memory_bytes"),
            (
                "8.0 GiB of memory are more than the operator of this server allows.",
                "A process can have up to 4.0 GiB.",
                "Choose less, or ask the operator to raise max_process_memory_bytes.",
            ),
        ),
        (
            "memory",
            64 * GIB,
            Most(machine=20 * GIB),
            (
                "64.0 GiB of memory are more than this server has for apps.",
                "All apps together can use 20.0 GiB.",
                "Choose less, or run more processes on a larger server.",
            ),
        ),
        (
            "cpu",
            9,
            Most(machine=2),
            (
                "9 processor cores are more than this server has for apps.",
                "All apps together can use 2.",
                "Choose less, or run more processes on a larger server.",
            ),
        ),
        (
            "pids",
            float("nan"),
            Most(),
            (
                "pids=nan cannot be a limit.",
                "It is a whole number.",
                "For example pids=512; pids=default takes it back.",
            ),
        ),
    ],
)
def test_what_cannot_be_is_explained(
    name: str, value: float, most: Most, said: tuple[str, str, str]
) -> None:
    with pytest.raises(PorticoError) as error:
        check(name, value, most)
    assert three(error) == said


def test_what_is_within_its_bounds_is_taken() -> None:
    check("memory", 2 * GIB, Most(machine=2 * GIB, operator=2 * GIB))
    check("cpu", 0.01, Most())


def test_values_are_said_as_people_read_them() -> None:
    sizes = (0, 2048, 512 * MIB, GIB + (GIB >> 1), 3 << 40)
    assert [amount(size) for size in sizes] == ["0 bytes", "2 KiB", "512 MiB", "1.5 GiB", "3.0 TiB"]
    assert [said(*pair) for pair in (("cpu", None), ("cpu", 1.5), ("files", 1 << 20))] == [
        "all",
        "1.5",
        "1048576",
    ]
    assert [written(size) for size in (2 * GIB, 1536 * MIB, 1)] == ["2G", "1536M", "1M"]
    assert raise_it("polls", "web", GIB) == "portico limits polls web memory=2G"
