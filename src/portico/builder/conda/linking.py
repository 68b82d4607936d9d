"""Makes an environment of archives that were fetched. Opens packages, so it has no secrets.

Everything that comes out of a package is written to the environment alone: the archives are
unpacked in there, looked at, and linked from there, hard links and no second copy.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import rattler
from rattler import PackageRecord, RepoDataRecord
from rattler.exceptions import InstallerError, LinkError
from rattler.package_streaming import extract

from portico.builder import log
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.conda.failures import not_linked, not_unpacked
from portico.builder.conda.fetching import Archive, check_archive, solved
from portico.builder.conda.packages import Package, check
from portico.builder.conda.scripts import run_script
from portico.builder.keys import Unshareable, stopped
from portico.builder.order import Places

UNPACKED = ".portico-packages"


def link(places: Places, key: EnvironmentKey, environment: Path) -> None:
    """Fill an empty folder. Raises PorticoError; Unshareable when code of a package has to run."""
    archives = _read(solved(places, key))
    unpacked = environment / UNPACKED
    unpacked.mkdir(parents=True)
    packages = _unpacked(archives, places.conda(key.channels), unpacked)
    for package in packages:
        check(package)
    scripted = [package for package in packages if package.script]
    if scripted and key.owner is None:
        raise Unshareable(f"the package {scripted[0].name} has a link script")
    log.step(f"Linking {len(packages)} conda packages")
    _link(archives, environment)
    for package in scripted:
        run_script(package, environment)
    shutil.rmtree(unpacked)


def _read(file: Path) -> list[Archive]:
    try:
        return [Archive(**archive) for archive in json.loads(file.read_bytes())]
    except (OSError, ValueError, TypeError):
        raise stopped("What was solved for this environment is not there any more.") from None


def _unpacked(archives: Sequence[Archive], kept_in: Path, folder: Path) -> list[Package]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda archive: _unpack(archive, kept_in, folder), archives))


def _unpack(archive: Archive, kept_in: Path, folder: Path) -> Package:
    record: dict[str, Any] = archive.record
    name, version = str(record["name"]), str(record["version"])
    file = kept_in / archive.file
    check_archive(file, archive.sha256, f"{name} {version}")
    # rattler looks for unpacked packages under these names.
    target = folder / f"{name}-{version}-{record['build']}".replace("/", "_")
    try:
        target.mkdir()
        extract(file, target)
    except Exception as error:  # what rattler raises is not one class
        raise not_unpacked(f"{name} {version}", str(error)) from None
    packages_at = str(record.get("python_site_packages_path") or "")
    return Package(name, version, str(record.get("build_number", 0)), target, packages_at)


def _link(archives: Sequence[Archive], environment: Path) -> None:
    layer = rattler.PackageCacheLayer(environment / UNPACKED)
    cache = layer.with_validation_mode(rattler.ValidationMode.skip())
    try:
        asyncio.run(
            rattler.install(
                _records(archives, environment),
                environment,
                package_cache=rattler.PackageCache.from_layers([cache]),
                installed_packages=[],
                execute_link_scripts=False,  # theirs would run with all variables of this step
                show_progress=False,
            )
        )
    except (InstallerError, LinkError, OSError) as error:
        raise not_linked(str(error)) from None


def _records(archives: Sequence[Archive], environment: Path) -> list[RepoDataRecord]:
    """rattler's records anew; their hash has been compared already."""
    file = environment / UNPACKED / ".record.json"
    records = []
    for archive in archives:
        record = archive.record
        file.write_text(json.dumps(record))
        package = PackageRecord.from_index_json(file, sha256=archive.sha256)
        names = (str(record["fn"]), str(record["url"]), str(record["channel"]))
        records.append(RepoDataRecord(package, *names))
    return records
