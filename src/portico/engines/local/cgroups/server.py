"""The groups of one server: all that it runs for authors, in one that leaves room for the rest.

portico-<server>/            most of the machine's memory
    apps/<app id>/<handle>   one for each process
    builds/<handle>          one for each build step
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from portico.engines.limits import Capacity, Limits
from portico.engines.local.cgroups.files import limit
from portico.engines.local.cgroups.groups import Around, Groups, found_trees
from portico.engines.local.cgroups.trees import Tree

MEMINFO = Path("/proc/meminfo")
SHARE = 0.9  # of the machine's memory, for apps and builds together
NORMAL = Limits(cpu_weight=100)
# Builds together count as a part of one app that has the machine to itself.
APPS, BUILDS = Limits(cpu_weight=400), Limits(cpu_weight=50)


@dataclass(frozen=True)
class ServerGroups:
    apps: Groups
    builds: Groups

    def of_app(self, app_id: int) -> Groups:
        """Those of an app's processes. Apps share the processors, however many processes each has."""
        return self.apps.inside(str(app_id), NORMAL)

    async def tidy(self, kept: Collection[str]) -> None:
        """Remove what an agent before this one has left, but for the processes that go on."""
        await self.builds.remove_all()
        for app in self.apps.names:
            await self.apps.inside(app, NORMAL).remove_all(but=kept)
        for groups in (self.apps, self.builds):
            groups.renew()

    @property
    def capacity(self) -> Capacity:
        """Where there is no group for processes, each user's are counted instead."""
        memory = self.apps.around[0].limits.memory or 0
        kept = self.controllers
        cpus = len(os.sched_getaffinity(0))
        return Capacity(memory, cpus, enforced=kept | {"pids", "files"}, changeable=kept)

    @property
    def controllers(self) -> frozenset[str]:
        return self.apps.controllers


def server_groups(server: str) -> ServerGroups:
    """As far as this machine lets us make any."""
    there = found_trees()
    together = Limits(memory=int(machine_memory(there) * SHARE), cpu_weight=100)
    builds = Groups(there, (Around(f"portico-{server}", together), Around("builds", BUILDS)))
    builds = builds.tried()
    apps = replace(builds, around=(builds.around[0], Around("apps", APPS)))
    return ServerGroups(apps, builds)


def machine_memory(there: tuple[Tree, ...] = ()) -> int:
    """Bytes that the machine has, or less: what the groups that we live in may use."""
    meminfo = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
    most = [int(meminfo["MemTotal"].split()[0]) << 10]
    for tree in there:
        if "memory" in tree.controllers:
            name = {1: "memory.limit_in_bytes", 2: "memory.max"}[tree.version]
            files = (folder / name for folder in (tree.root, *tree.root.parents))
            limits = (limit(file.read_text()) for file in files if file.is_file())
            most += [found for found in limits if found is not None]
    return min(most)
