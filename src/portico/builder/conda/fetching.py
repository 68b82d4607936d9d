"""The step before a conda environment is made: solve, and bring the archives of its packages.

It has the network and the credentials of channels, and opens no package. Archives are kept under
the SHA-256 that their channel announces, which is compared before they are unpacked: so all
environments of those channels may share them, and nobody can exchange one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rattler import PackageRecord, RepoDataRecord
from rattler.networking import AuthenticationMiddleware, Client, RetryMiddleware
from rattler.package_streaming import download_to_path

from portico.builder import log
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.conda import channels, wanted
from portico.builder.conda.channels import Channel
from portico.builder.conda.credentials import handed_over
from portico.builder.conda.document import NAME
from portico.builder.conda.failures import unreachable
from portico.builder.conda.solving import solve
from portico.builder.conda.wanted import Wanted
from portico.builder.keys import check_files, stopped
from portico.builder.order import Fetched, FetchOrder, Places
from portico.errors import PorticoError

SUFFIXES = (".conda", ".tar.bz2")
_AT_ONCE = 6
_RETRIES = 3


@dataclass(frozen=True)
class Archive:
    """A package as a channel names it: `record` is rattler's, `file` where its archive is kept."""

    record: dict[str, object]
    sha256: str
    file: str


def fetch(order: FetchOrder) -> Fetched:
    """Raises PorticoError."""
    key, tree = order.key, order.places.app
    check_files(tree, key)
    asked = wanted.read(tree, order.channels)
    if channels.digest(asked.channels) != key.channels or (key.owner is None and asked.private):
        raise stopped(f"The channels of {NAME} are not those that were read before.")
    found = _with_config(asked, order)
    log.step(f"Solving {NAME}")
    order.places.conda(key.channels).mkdir(parents=True, exist_ok=True)
    with handed_over(found):
        records, loaded = asyncio.run(_fetched(asked, found, order))
    _write(order, records)
    return Fetched(loaded)


def solved(places: Places, key: EnvironmentKey) -> Path:
    """Where it is written which packages an environment has."""
    return places.conda(key.channels) / "solved" / f"{key.digest()}.json"


def _with_config(asked: Wanted, order: FetchOrder) -> tuple[Channel, ...]:
    """Config vars that stand for credentials, put in."""
    return tuple(
        replace(channel, credentials=channels.filled(channel, order.config))
        for channel in asked.channels
    )


async def _fetched(
    asked: Wanted, found: Sequence[Channel], order: FetchOrder
) -> tuple[list[Archive], int]:
    archives_in = order.places.conda(order.key.channels)
    client = Client([RetryMiddleware(_RETRIES), AuthenticationMiddleware()])
    repodata = archives_in / "repodata"
    records = _in_order(
        await solve(asked.specs, order.key.python, found, order.channels, client, repodata)
    )
    archives = [_archive(record, found) for record in records]
    missing = [
        (record, archive)
        for record, archive in zip(records, archives, strict=True)
        if not (archives_in / archive.file).is_file()
    ]
    if missing:
        _say(record for record, _ in missing)
        await _load(missing, client, archives_in)
    return archives, len(missing)


def _in_order(records: Sequence[RepoDataRecord]) -> list[RepoDataRecord]:
    """What others depend on first: link scripts run in this order."""
    ordered = PackageRecord.sort_topologically(list(records))
    places = {record.name.normalized: place for place, record in enumerate(ordered)}
    return sorted(records, key=lambda record: places[record.name.normalized])


def _archive(record: RepoDataRecord, found: Sequence[Channel]) -> Archive:
    suffix = next((s for s in SUFFIXES if urlsplit(record.url).path.endswith(s)), None)
    if record.sha256 is None or suffix is None or not _is_allowed(record, found):
        raise PorticoError(
            f"The conda package {record.name.normalized} was refused.",
            f"Its channel {record.channel} gives no SHA-256 for it, or an address that is not "
            "its own.",
            "Use another channel, or ask those who keep this one to index it anew.",
        )
    sha256 = record.sha256.hex()
    return Archive(json.loads(record.to_json()), sha256, f"{sha256}{suffix}")


def _is_allowed(record: RepoDataRecord, found: Sequence[Channel]) -> bool:
    """Whether it lies in one of the channels, or where such a one may send us to."""
    inside = any(record.url.startswith(f"{channel.address}/") for channel in found)
    return (inside and "/../" not in unquote(record.url)) or record.url.startswith("https://")


def _say(records: Iterable[RepoDataRecord]) -> None:
    sizes = [record.size or 0 for record in records]
    log.step(f"Downloading {len(sizes)} conda packages ({sum(sizes) / 1e6:.1f} MB)")


async def _load(
    missing: Sequence[tuple[RepoDataRecord, Archive]], client: Client, folder: Path
) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def load(record: RepoDataRecord, archive: Archive) -> None:
        async with slots:
            await _load_one(record.url, archive, client, folder)

    await asyncio.gather(*(load(record, archive) for record, archive in missing))


async def _load_one(url: str, archive: Archive, client: Client, folder: Path) -> None:
    """Under its name only when it is whole; another build may bring the same one."""
    half = folder / f".{secrets.token_hex(8)}"
    try:
        if url.startswith("file://"):
            await asyncio.to_thread(shutil.copyfile, unquote(urlsplit(url).path), half)
        else:
            await download_to_path(client, url, half)
        await asyncio.to_thread(check_archive, half, archive.sha256, url)
        half.replace(folder / archive.file)
    except (RuntimeError, FileNotFoundError, PermissionError) as error:
        raise unreachable(f"{url}: {error}") from None
    finally:
        half.unlink(missing_ok=True)


def check_archive(file: Path, sha256: str, name: str) -> None:
    """Raises PorticoError when an archive is not the one that its channel announces."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != sha256:
        raise PorticoError(
            "A conda package is not what its channel announces.",
            f"{name} has the SHA-256 {found}, not {sha256}.",
            "Deploy again; if it happens again, tell those who keep the channel.",
        )


def _write(order: FetchOrder, archives: Sequence[Archive]) -> None:
    target = solved(order.places, order.key)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{secrets.token_hex(8)}")
    half.write_text(json.dumps([vars(archive) for archive in archives]))
    half.replace(target)
