"""What the agent keeps of slugs and environments: their records, whether they are whole, removal.

Environments of an app's own and slugs were filled by the author's code, so nothing in them is
followed or believed; the records beside the slugs are the agent's.
"""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from portico.builder.cache_keys import EnvironmentKey, LayerKey
from portico.builder.order import MARKER
from portico.layout import Layout
from portico.wire import BuildResult, Document

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
REMOVING = ".removing-"
HALF_MADE = ".new"


class Record(Document):
    """What a finished build was, `<build>.json` beside its slug.

    `without_wheel` is the name of the shared environment that could not be made, if any; `source`
    the digest of the archive; `modules` are the app's own.
    """

    result: BuildResult
    key: EnvironmentKey
    without_wheel: str = ""
    source: str = ""
    modules: tuple[str, ...] = ()
    layer: LayerKey | None = None


def record_path(layout: Layout, app_id: int, build: int) -> Path:
    return layout.slug(app_id, build).with_name(f"{build}.json")


def read_record(layout: Layout, app_id: int, build: int) -> Record | None:
    """The record of a finished build; one that cannot be read is none."""
    try:
        return Record.model_validate_json(record_path(layout, app_id, build).read_bytes())
    except (OSError, ValidationError):
        return None


def has_unread_record(layout: Layout, app_id: int, build: int) -> bool:
    """Whether there is a record that cannot be read: another version's, or the disk's fault.

    Its slug is whole all the same, and what it runs on is not known.
    """
    there = record_path(layout, app_id, build).exists()
    return there and read_record(layout, app_id, build) is None


def write_record(layout: Layout, app_id: int, record: Record) -> None:
    path = record_path(layout, app_id, record.result.slug.build)
    half_made = path.with_suffix(HALF_MADE)
    half_made.write_text(record.model_dump_json())
    half_made.replace(path)


def builds(layout: Layout, app_id: int) -> list[int]:
    """The builds of which there is a slug or a record, oldest first."""
    names = {path.name.removesuffix(".json") for path in _listed(layout.slug(app_id, 1).parent)}
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def left_over(folder: Path) -> list[str]:
    """What a crash in the middle of a removal, or of writing a record, has left among the slugs."""
    names = (path.name for path in _listed(folder))
    return [name for name in names if name.startswith(REMOVING) or name.endswith(HALF_MADE)]


def last_record(layout: Layout, app_id: int, before: int) -> Record | None:
    """The newest finished build before that one."""
    older = (build for build in reversed(builds(layout, app_id)) if build < before)
    return next((record for b in older if (record := read_record(layout, app_id, b))), None)


def python_folder(layout: Layout, key: EnvironmentKey) -> Path:
    return layout.python if key.owner is None else layout.app_python(key.owner)


def is_whole(python: Path, name: str) -> bool:
    """Whether that environment is there and complete, and no link on the way to it."""
    with contextlib.suppress(OSError), opened(python / "envs") as envs:
        environment = os.open(name, _DIRECTORY, dir_fd=envs)
        try:
            marker = os.stat(MARKER, dir_fd=environment, follow_symlinks=False)
        finally:
            os.close(environment)
        return stat.S_ISREG(marker.st_mode)
    return False


def environments(python: Path) -> list[str]:
    """What lies among the environments, whole or not."""
    return listed(python, "envs")


def listed(folder: Path, *below: str) -> list[str]:
    """The names in a folder that others fill; none when it is not there, or not a folder."""
    try:
        with opened(folder, *below) as there:
            return sorted(entry.name for entry in os.scandir(there))
    except OSError:
        return []


def app_ids(layout: Layout) -> list[int]:
    """The apps that have files here."""
    return sorted(int(path.name) for path in layout.apps.glob("[0-9]*") if path.name.isdigit())


def all_records(layout: Layout) -> list[Record] | None:
    """Those of all slugs of all apps; None when one of them cannot be read."""
    found = []
    for app_id in app_ids(layout):
        for build in builds(layout, app_id):
            record = read_record(layout, app_id, build)
            if record is None and has_unread_record(layout, app_id, build):
                return None
            found += [record] if record else []
    return found


def set_aside(folder: Path, name: str) -> str | None:
    """Rename an entry of a folder, so that nobody finds it. Its new name, if it was there."""
    with contextlib.suppress(OSError), opened(folder) as parent:
        return set_aside_in(parent, name)
    return None


def set_aside_in(parent: int, name: str) -> str | None:
    """The same in a folder that is open."""
    aside = name if name.startswith(REMOVING) else f"{REMOVING}{name}"
    with contextlib.suppress(OSError):
        os.rename(name, aside, src_dir_fd=parent, dst_dir_fd=parent)
        return aside
    return None


def remove(folder: Path, name: str) -> None:
    """Remove an entry of a folder and all below it."""
    with contextlib.suppress(FileNotFoundError), opened(folder) as parent:
        remove_in(parent, name)


def remove_in(parent: int, name: str) -> None:
    """The same in a folder that is open.

    `rm` walks trees of any depth; Python's own walk ends at its recursion limit. An ordinary user
    is stopped by folders without permissions, hence the second try.
    """
    if not _removed(parent, name) and os.geteuid() != 0:
        run_in(parent, "chmod", "-R", "u+rwX", "--", name)
        _removed(parent, name)


def _removed(parent: int, name: str) -> bool:
    return run_in(parent, "rm", "-rf", "--one-file-system", "--", name) == 0


def run_in(parent: int, *command: str) -> int:
    """Run it in an opened folder, which cannot be exchanged for a link meanwhile."""
    done = subprocess.run(
        command,
        cwd=f"/proc/self/fd/{parent}",
        pass_fds=(parent,),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode


@contextlib.contextmanager
def opened(folder: Path, *below: str) -> Iterator[int]:
    """A folder, and those below it one in another, none of them a link."""
    descriptor = os.open(folder, _DIRECTORY)
    try:
        for name in below:
            above, descriptor = descriptor, os.open(name, _DIRECTORY, dir_fd=descriptor)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
