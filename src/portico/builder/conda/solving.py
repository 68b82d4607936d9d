"""Which packages an environment has: rattler asks the channels and solves."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import rattler
from rattler import BuildString, GenericVirtualPackage, PackageName, RepoDataRecord, Version
from rattler.exceptions import GatewayError, SolverError
from rattler.networking import Client

from portico.builder.conda import specs
from portico.builder.conda.channels import Channel, Operators, hidden, resolve
from portico.builder.conda.document import NAME
from portico.builder.conda.specs import Spec
from portico.errors import PorticoError

_ABSENT = re.compile(r"No candidates were found for ([^\s.]+)")


async def solve(
    wanted: Sequence[Spec],
    python: str,
    channels: Sequence[Channel],
    operators: Operators,
    client: Client,
    cache: Path,
) -> list[RepoDataRecord]:
    """The packages. Raises PorticoError in rattler's words."""
    try:
        return await rattler.solve(
            [channel.address for channel in channels],
            [*_words(wanted, operators), *specs.python_to_add(wanted, python)],
            gateway=rattler.Gateway(cache_dir=cache, client=client),
            platforms=[specs.here(), "noarch"],  # type: ignore[list-item]
            virtual_packages=virtual_packages(),
            # A channel's index may name further channels; the author and the operator have not.
            channel_relations="disabled",
        )
    except SolverError as error:
        raise unsolvable(str(error), wanted, python, channels) from None
    except GatewayError as error:
        raise unreachable(str(error)) from None


def virtual_packages() -> list[GenericVirtualPackage]:
    """What the sandbox offers to packages: its C library and kernel. Not the processor's model and
    not the graphics card: an environment is shared, and outlives a change of the machine."""

    def package(name: str, version: str, build: str = "0") -> GenericVirtualPackage:
        return GenericVirtualPackage(PackageName(name), Version(version), BuildString(build))

    library = (os.confstr("CS_GNU_LIBC_VERSION") or "").removeprefix("glibc ")
    kernel = re.match(r"\d+(\.\d+)*", platform.release())
    return [
        package("__unix", "0"),
        package("__linux", kernel[0] if kernel else "0"),
        *([package("__glibc", library)] if library else []),
        package("__archspec", "1", platform.machine()),
    ]


def unsolvable(
    words: str, wanted: Iterable[Spec], python: str, channels: Iterable[Channel]
) -> PorticoError:
    """rattler's own explanation under one sentence of ours."""
    said = hidden(words).strip().removeprefix("Cannot solve the request because of: ")
    searched = ", ".join(channel.address for channel in channels)
    added = specs.python_to_add(wanted, python)
    note = f"\n{NAME} names no Python, so that {python} was asked for." if added else ""
    absent = _ABSENT.match(said)
    hint = (
        f"Correct the name or the version of {absent[1]}, or add a channel that has it."
        if absent
        else "Loosen the versions that contradict each other."
    )
    return PorticoError(
        f"The packages of {NAME} cannot be installed.",
        f"{said.strip()}\nSearched in {searched}.{note}",
        f"{hint} Try it on your machine with `conda env create`, and deploy again.",
    )


def unreachable(words: str) -> PorticoError:
    """A channel that is not there, or does not answer."""
    said = hidden(words).strip()
    if "could not find subdir" in said:
        return PorticoError(
            "A conda channel does not exist.",
            said,
            f"Correct the channel's name in {NAME}; the operator's addresses are in conda_channels.",
        )
    return PorticoError(
        "A conda channel could not be reached.",
        said,
        "Deploy again; if it fails again, ask the operator whether the server may reach it.",
    )


def _words(wanted: Iterable[Spec], operators: Mapping[str, str]) -> Iterator[str]:
    """The specs, each with the address of its channel."""
    for spec in wanted:
        if not spec.channel:
            yield spec.text
            continue
        base = specs.without_subdir(spec.channel)
        subdir = spec.channel.removeprefix(base)
        (channel, *_) = resolve(base, operators)
        yield f"{channel.address}{subdir}::{spec.text}"
