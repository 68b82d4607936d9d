"""The sandboxes in which packages of the distribution are installed: a stack's, and a layer's."""

from __future__ import annotations

from pathlib import Path

from portico.engines.engine import Box
from portico.engines.local.builds.mounts import builder_mounts
from portico.engines.local.disk.folders import own_folder
from portico.engines.local.host import stack_support
from portico.engines.local.machine import Machine
from portico.engines.local.mounts.host import half
from portico.engines.local.mounts.stacks import FILES, NEW, WORK, own_places
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.local.user_namespaces.standing import required_mapping
from portico.engines.sandbox import Bind, Directory, Mount, Overlay
from portico.engines.seccomp.policy import Refusal, allowing
from portico.layout import Layout, Users

OPERATOR = "/run/portico/operator"
# What apt downloads: beside the layer, thrown away with the step.
DOWNLOADS = {"lists": "/var/lib/apt/lists", "archives": "/var/cache/apt"}
# What dpkg, maintainer scripts and apt's own change of user need; none reaches beyond the stack's
# users, and mounts stay as they are.
PACKAGES = tuple(
    f"CAP_{name}"
    for name in (
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETPCAP"),
        *("SETUID", "SYS_CHROOT", "NET_BIND_SERVICE"),
    )
)
# mmdebstrap mounts /proc and /dev into what it makes; only Debian's own packages are in there.
MAKING_A_STACK = ("ALL",)
LAYER_CALLS = ("chroot",)
STACK_CALLS = (*LAYER_CALLS, "mount", "umount2", "pivot_root", "clone", "clone3", "unshare")


def packages_user(users: Users) -> int:
    """The root of stacks, as the machine numbers it."""
    return required_mapping(users).uids[0].outside


def package_capabilities(box: Box) -> tuple[str, ...]:
    return MAKING_A_STACK if box.base.is_host else PACKAGES


def package_refusals(box: Box) -> tuple[Refusal, ...]:
    """The system calls that such a step does without."""
    return allowing(STACK_CALLS if box.base.is_host else LAYER_CALLS)


def make_package_folders(layout: Layout, users: Users, box: Box, layer: Path) -> None:
    """What the step fills, empty, and the folders for what it downloads."""
    if box.base.is_host:
        stack_support.require()
    root = packages_user(users)
    if box.base.is_host:
        own_folder(layout.stacks / f"{box.makes}{NEW}", root)
        return
    # Without root all files are the server's user's while the server is stopped.
    own_folder(layout.stack(box.base.stack), root)
    for name in DOWNLOADS:
        own_folder(layer / name, root)
    own_folder(layout.apt_layers(box.app_id), None)
    half_made = own_folder(layout.apt_layers(box.app_id) / f"{box.makes}{NEW}", None)
    own_folder(half_made / FILES, root)
    own_folder(half_made / WORK, root)


def package_mounts(
    machine: Machine, box: Box, texts: Texts, out: Path, proxy: Path | None
) -> tuple[Mount, ...]:
    mounts = _stack_mounts if box.base.is_host else _layer_mounts
    return (
        *mounts(machine, box, texts, out),
        *_operator_mounts(box),
        *builder_mounts(machine.host, out, proxy),
    )


def _stack_mounts(machine: Machine, box: Box, texts: Texts, _: Path) -> tuple[Mount, ...]:
    return (
        *machine.mounts(texts, half(box.limits.memory)),
        *machine.host.python_mounts,
        *(Directory(f"/etc/apt{name}") for name in ("", "/apt.conf.d", "/trusted.gpg.d")),
        Bind(str(machine.layout.stacks / f"{box.makes}{NEW}"), "/stack", writable=True),
    )


def _layer_mounts(machine: Machine, box: Box, texts: Texts, out: Path) -> tuple[Mount, ...]:
    layout = machine.layout
    half_made = layout.apt_layers(box.app_id) / f"{box.makes}{NEW}"
    stack = str(layout.stack(box.base.stack))
    downloads = (
        Bind(str(out.parent / name), place, writable=True) for name, place in DOWNLOADS.items()
    )
    return (
        Overlay(stack, str(half_made / FILES), str(half_made / WORK), "/"),
        *own_places(texts, half(box.limits.memory)),
        *downloads,
    )


def _operator_mounts(box: Box) -> tuple[Mount, ...]:
    """Read for each build: the operator may have changed what there is."""
    binds = [Bind(str(p), f"{OPERATOR}/{name}") for name, p in box.operators if p.exists()]
    return (Directory(OPERATOR), *binds) if binds else ()
