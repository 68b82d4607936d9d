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
from portico.builder.conda.channels import Channel, Operators, resolve
from portico.builder.conda.failures import unreachable, unsolvable
from portico.builder.conda.specs import Spec


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
            # Names will do, though rattler declares its own class of platforms alone.
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
