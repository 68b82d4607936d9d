"""What steps for shared conda environments see of the shared packages: as little as there can be.

Packages write where they like while they are linked, and nobody has looked at them before.
"""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import CondaFolders
from portico.engines.local.disk.folders import own_file, own_folder
from portico.engines.sandbox import Bind, Directory, Mount
from portico.layout import Layout


def conda_mounts(layout: Layout, conda: CondaFolders) -> tuple[Mount, ...]:
    """No more than the archives and the one environment: packages may write where they like."""
    archives, there = str(layout.conda(conda.channels)), f"/py/conda/{conda.channels}"
    if conda.environment is None:
        return (*map(Directory, ("/py", "/py/conda")), Bind(archives, there, writable=True))
    inside = f"/py/envs/{conda.environment}"
    made = environment(layout, conda.environment)
    return (
        *map(Directory, ("/py", "/py/conda", "/py/envs")),
        Bind(archives, there),
        Bind(str(made), inside, writable=True),
        Bind(f"{made}.lock", f"{inside}.lock", writable=True),
    )


def make_conda_folders(layout: Layout, owner: int | None, conda: CondaFolders) -> None:
    """Folders, and a lock file, that stand there before a sandbox sees nothing else.

    The folder of an environment that is not made stays, empty: another build may just have begun it.
    """
    archives = layout.conda(conda.channels)
    for folder in (archives.parent, archives):
        own_folder(folder, owner)
    if conda.environment is not None:
        made = environment(layout, conda.environment)
        own_folder(made.parent, owner)
        own_folder(made, owner)
        own_file(made.with_suffix(".lock"), owner)


def environment(layout: Layout, name: str) -> Path:
    return layout.python / "envs" / name
