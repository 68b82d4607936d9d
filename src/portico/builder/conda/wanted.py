"""All that an app's environment.yml asks for, checked as far as that is possible beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portico.builder.conda import channels, document, specs
from portico.builder.conda.channels import Channel, Refused
from portico.builder.conda.document import NAME, Document, Entry, note, refused, wrong
from portico.builder.conda.specs import Spec
from portico.builder.findings import Finding


@dataclass(frozen=True)
class Wanted:
    """`channels` are where the packages are looked for, the most important first."""

    document: Document
    specs: tuple[Spec, ...]
    channels: tuple[Channel, ...]
    notes: tuple[Finding, ...] = ()

    @property
    def private(self) -> str:
        """Why the environment is the app's own, '' when apps may share it."""
        if self.document.pip:
            return f"{NAME} has a pip section"
        secret = next((channel for channel in self.channels if channel.credentials), None)
        return f"the channel {secret.address} wants credentials" if secret else ""


def read(tree: Path, operators: Mapping[str, str] | None) -> Wanted:
    """Raises PorticoError, with each line that makes no sense.

    `operators` are the addresses that the operator gives to channels; None: nobody knows here.
    """
    found, problems = document.read(tree)
    listed, no_specs = specs.read(found)
    problems += [*no_specs, *specs.check_platforms(found)]
    resolved, unknown = _resolved(_named(found, listed), operators or {})
    doubts = []
    for entry, why in unknown:
        if operators is None and why.operator_may:
            doubts.append(note(entry.line, why.what, why.fix))
        else:
            problems.append(wrong(entry.line, why.what, why.fix))
    if problems:
        raise refused(problems)
    return Wanted(found, tuple(listed), resolved, (*found.notes, *doubts, *_no_channel(found)))


def _no_channel(found: Document) -> Iterator[Finding]:
    if not found.channels:
        yield note(None, f"It names no channel; {channels.FALLBACK} is used.")


def _named(found: Document, listed: Iterable[Spec]) -> Iterator[Entry]:
    """The channels of the file, then those that only a spec names."""
    yield from found.channels or (Entry(channels.FALLBACK, 1),)
    for spec in listed:
        if spec.channel:
            yield Entry(specs.without_subdir(spec.channel), spec.line)


def _resolved(
    entries: Iterable[Entry], operators: Mapping[str, str]
) -> tuple[tuple[Channel, ...], list[tuple[Entry, Refused]]]:
    found: dict[str, Channel] = {}
    refused = []
    for entry in entries:
        try:
            for channel in channels.resolve(entry.text, operators):
                found.setdefault(channel.address, channel)
        except Refused as error:
            refused.append((entry, error))
    return tuple(found.values()), refused
