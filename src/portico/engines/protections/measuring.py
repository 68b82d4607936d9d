"""Which protections apps have on this machine, measured; `portico server doctor` prints them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from portico.engines.local.cgroups.server import server_groups
from portico.engines.local.cgroups.trees import CONTROLLERS
from portico.engines.local.host import stack_support
from portico.engines.local.host.survey import find_launcher
from portico.engines.local.host.trial import Layer, measure_layer, trial
from portico.engines.local.network.diagnosis import (
    blocking,
    how_to_pass,
    how_to_resolve,
    why_not_own,
)
from portico.engines.local.network.old_rules import blocking_programs
from portico.engines.local.network.packet_filter import ruleset
from portico.engines.local.network.resolver import own_resolver
from portico.engines.local.user_namespaces.idmap import NoIds
from portico.engines.protections.kernel_settings import enough, user_namespaces
from portico.engines.protections.protection import Protection, protection
from portico.engines.sandbox import Network
from portico.errors import PorticoError
from portico.layout import Layout, Users, users

NAMESPACES = ("mnt", "pid", "ipc", "uts", "cgroup")
# What a sandbox says of itself: its namespaces, then its user, capabilities and filters.
LOOK = (
    "for name in mnt pid ipc uts cgroup net user; do"
    ' echo "$name: $(stat -Lc %i /proc/self/ns/$name)"; done; cat /proc/self/status'
)


def protections(data: Path | None = None, no_ids: NoIds | None = None) -> tuple[Protection, ...]:
    """All of them. `data` is the data folder: overlays depend on its file system.

    `no_ids`: why this process could not get into a namespace with ids for the apps.
    """
    return tuple(_measured(data or Path(tempfile.gettempdir()), no_ids))


def _measured(data: Path, no_ids: NoIds | None) -> Iterator[Protection]:
    try:
        launcher = find_launcher()
    except PorticoError as error:
        yield Protection("sandboxes", on=False, how=f"{error.detail} {error.hint}")
        return
    seen = trial(launcher, users().build, LOOK)
    if seen.returncode != 0:
        yield Protection("sandboxes", on=False, how=no_sandboxes(seen.stderr))
    else:
        yield Protection("sandboxes", on=True)
        yield from judge(facts(seen.stdout), own_namespaces(), os.geteuid(), no_ids)
    yield from enough_ids(users(), _apps(data))
    yield from networks_of_apps(users())
    yield network_of_builds(trial(launcher, users().build, LOOK, network=Network.NONE).stderr)
    yield limits(server_groups(f"doctor-{os.getpid()}").controllers)
    yield _overlay(launcher, data)
    yield user_namespaces(_succeeds("unshare", "--user", "--map-current-user", "true"))
    yield from enough()
    found = stack_support.obstacle()
    yield Protection("debian stack, for apps with an Aptfile", on=not found, how=found)


def facts(text: str) -> dict[str, str]:
    """The first word after each `name:` that a sandbox has printed."""
    lines = (line.partition(":") for line in text.splitlines())
    return {name: (values.split() or [""])[0] for name, _, values in lines}


def own_namespaces() -> dict[str, str]:
    """This process's, as `facts` has a sandbox's."""
    return {path.name: str(path.stat().st_ino) for path in Path("/proc/self/ns").iterdir()}


def judge(
    seen: Mapping[str, str], own: Mapping[str, str], euid: int, no_ids: NoIds | None = None
) -> Iterator[Protection]:
    """What a sandbox's own words say of it."""
    shared = [name for name in NAMESPACES if seen.get(name) == own.get(name)]
    yield protection(
        "mount, process, IPC, host name and cgroup namespaces",
        not shared,
        f"Shared with the machine: {', '.join(shared)}. Allow namespaces in the kernel.",
    )
    yield protection(
        "a user of its own for each app",
        seen.get("Uid") != str(euid),
        without_ids(no_ids),
    )
    capabilities = (seen.get(f"Cap{kind}", "1") for kind in ("Inh", "Prm", "Eff", "Amb"))
    yield protection(
        "no capabilities, no new privileges",
        not any(int(value, 16) for value in capabilities) and seen.get("NoNewPrivs") == "1",
        "Report this as a fault of Portico, with your kernel's version.",
    )
    yield protection(
        "system call filter (seccomp)",
        seen.get("Seccomp") == "2",
        "Use a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64.",
    )


def networks_of_apps(server: Users) -> Iterator[Protection]:
    """Whether processes have their own, and whether the machine lets them use it."""
    as_root = server.web is not None
    how = why_not_own() if as_root else "Start the server as root."
    shared = "Apps reach each other's processes and this machine's services."
    yield protection("a network of its own for each process", not how, f"{shared} {how}")
    if as_root and not how:
        said = how_to_pass(blocking(ruleset()), blocking_programs())
        yield protection("apps' way to the internet", not said, said)
        said = how_to_resolve(own_resolver())
        yield protection("names are resolved in apps' networks", not said, said)


def without_ids(no_ids: NoIds | None) -> str:
    """Why all apps run as one user, and what to do."""
    shared = "All apps run as the server's user."
    if no_ids is None:
        return f"{shared} Start the server as root."
    return f"{no_ids.found} {shared} {no_ids.hint} Or start the server as root."


def enough_ids(users: Users, last_app: int) -> Iterator[Protection]:
    """Only where they can be used up."""
    if users.apps_apart is not None:
        yield protection(
            "subordinate ids for all apps",
            last_app <= users.apps_apart,
            f"Apps share one user from number {users.apps_apart + 1} on; the last one is number "
            f"{last_app}. Give the server's user more ids in /etc/subuid and /etc/subgid, then "
            "stop the server and start it again.",
        )


def _apps(data: Path) -> int:
    """The number of the app that was made last."""
    names = (path.name for path in Layout(data).apps.glob("[0-9]*"))
    return max((int(name) for name in names if name.isdigit()), default=0)


def network_of_builds(said: str) -> Protection:
    """`said` is what bubblewrap complained of when it made a sandbox without a network."""
    return protection(
        "network of builds: public addresses and mirrors alone",
        not said.strip(),
        f"bubblewrap said: {said.strip()}. No build can run: allow network namespaces, in a "
        "container by CAP_NET_ADMIN or user namespaces.",
    )


def limits(controllers: frozenset[str]) -> Protection:
    """`controllers` are those that groups could be made with."""
    missing = ", ".join(sorted(CONTROLLERS - controllers))
    return protection(
        "memory, processor and process limits of apps and builds (cgroups)",
        not missing,
        f"There are no control groups for: {missing}. Of a build each process is limited instead, "
        "not all together; apps' memory and processors are not limited at all. Start the server as "
        "root, or hand it a group: Delegate=yes in its systemd unit.",
    )


def _overlay(launcher: str, data: Path) -> Protection:
    layer = measure_layer(launcher, data)
    how = {
        Layer.DISK: "",
        Layer.MEMORY: "Writes to /app are kept in memory. Put the data folder on a local file "
        "system such as ext4 or xfs.",
        Layer.NONE: "Writes to /app fail. Use Linux 5.11 or later, with the data on ext4 or xfs.",
    }
    return Protection("throw-away layer over /app", on=layer is Layer.DISK, how=how[layer])


def no_sandboxes(said: str) -> str:
    """Why not a single one could be made."""
    return (
        f"bubblewrap said: {said.strip() or 'nothing'}. "
        "Start the server as root, or allow user namespaces; in a container, allow nested ones."
    )


def _succeeds(*words: str) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
