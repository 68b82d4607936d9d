"""The launch of a command of an app's in the app's sandbox: of a process, or of a one-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portico.engines.engine import Launch
from portico.engines.local.cgroups.group import Group
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.machine import Machine
from portico.engines.local.network.place import Place
from portico.engines.local.sandboxes.launch import launch_sandbox
from portico.engines.local.sandboxes.texts import texts
from portico.engines.sandbox import Sandbox


@dataclass(frozen=True)
class Given:
    """What the engine has for a command, beside the order: a name, and a share of the machine."""

    handle: str
    network: Place
    group: Group


def launch(
    machine: Machine,
    order: Launch,
    given: Given,
    variables: Mapping[str, str],
    streams: Streams,
    sandbox: Callable[..., Sandbox] = Sandbox,
) -> Child:
    """With a throw-away layer of its own. `sandbox` makes it what not all of them are."""
    user, network = machine.users.app(order.app_id), given.network
    layer = machine.make_layer(order.app_id, given.handle)
    packages = machine.packages(order)
    with (
        machine.standing(order.base, user) as place,
        texts(place.user, order.app_name, variables, packages, resolver=network.resolver) as files,
    ):
        made = sandbox(
            mounts=machine.app_mounts(order, layer, files),
            command=("/bin/sh", "-c", order.command),
            user=place.user,
            namespace=place.namespace,
            hostname=order.app_name,
            **machine.weaker(order.limits),
        )
        name, launcher = machine.marker(given.handle), machine.host.launcher
        return launch_sandbox(launcher, name, made, streams, files, given.group, network.namespace)
