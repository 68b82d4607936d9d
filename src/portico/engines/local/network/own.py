"""A network for each process: a namespace, a routed link, an address, the same port for all."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from itertools import count

from portico.engines.engine import Endpoint
from portico.engines.local.network import forwarding, links, packet_filter
from portico.engines.local.network.addresses import candidates
from portico.engines.local.network.changes import Changes
from portico.engines.local.network.names import GATEWAY, PORT, Names
from portico.engines.local.network.namespaces import begun, in_thread, new_namespace, within
from portico.engines.local.network.place import Place
from portico.engines.local.network.resolver import Resolver, own_resolver
from portico.engines.local.network.rules import (
    Document,
    Policy,
    listening_on_loopback,
    no_table,
    table,
)
from portico.engines.local.process_table.marks import marker
from portico.layout import Layout, Users
from portico.settings import Settings
from portico.sysctls import SYSCTL

log = logging.getLogger(__name__)
MENDING_PAUSE = 1.0  # seconds before another try to put the rules back
# gunicorn and uvicorn believe in the scheme that the router tells when it comes from there.
VARIABLES = {"FORWARDED_ALLOW_IPS": f"127.0.0.1,{GATEWAY}"}


@dataclass(frozen=True)
class Surroundings:
    """What of the machine all places share."""

    names: Names
    network: IPv4Network
    outside: links.Outside
    resolver: Resolver

    @property
    def resolver_text(self) -> bytes:
        return self.resolver.text.encode()


class OwnNetworks:
    """See `Networks`."""

    notice = ""

    def __init__(self, surroundings: Surroundings, rules: Document) -> None:
        self._surroundings = surroundings
        self._rules = rules
        self._changes: Changes | None = None
        self._mending: asyncio.Task[None] | None = None
        self._closed = False
        # Onwards from anywhere: the router may still be sending to one that has just ended.
        first = random.randrange(surroundings.network.num_addresses)  # noqa: S311 - no secret
        self._numbers = count(first)

    async def take(self, handle: str, *, listens: bool) -> Place:
        """In a thread: the kernel may take a few milliseconds for it."""
        making = asyncio.ensure_future(
            asyncio.to_thread(
                make_place, self._surroundings, handle, self._numbers, listens=listens
            )
        )
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(_close)
            raise

    def keep(self, endpoint: Endpoint | None) -> None:
        """Its route keeps its address from others."""

    def release(self, endpoint: Endpoint | None) -> None:
        """All of it went with its last process."""

    async def tidy(self, kept: frozenset[str]) -> None:
        """From here on the rules are watched over too."""
        if self._changes is None:
            self._changes = Changes(self._begin_mending)
        server = self._surroundings.names.server
        notes = frozenset(marker(server, handle) for handle in kept)
        await asyncio.to_thread(links.remove_noted, marker(server, ""), notes)

    def _begin_mending(self) -> None:
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._mend())

    async def _mend(self) -> None:
        """Without its rules a process would reach everything."""
        while not self._closed:
            try:
                if await asyncio.to_thread(_restore, self._surroundings.names, self._rules):
                    log.warning("The rules of apps' networks were gone, and are back.")
                return
            except OSError as error:
                log.error("The rules of apps' networks could not be looked after: %s.", error)
            await asyncio.sleep(MENDING_PAUSE)

    async def close(self) -> None:
        self._closed = True
        if self._changes is not None:
            self._changes.close()
        if self._mending is not None:
            await asyncio.wait({self._mending})
        try:
            await asyncio.to_thread(packet_filter.load, no_table(self._surroundings.names))
        except OSError as error:
            log.warning("A table of rules is left behind: %s", error)


def prepare(layout: Layout, users: Users, settings: Settings) -> OwnNetworks:
    """Make the machine ready, and try. Raises OSError; then all is as it was, but for forwarding."""
    surroundings = Surroundings(
        Names(layout.runtime.name),
        settings.app_network,
        in_thread(links.outside),  # the library does not run within a loop
        own_resolver(),
    )
    rules = table(policy(surroundings, users, settings))
    packet_filter.load(rules, only_check=True)
    layout.data.mkdir(parents=True, exist_ok=True)
    forwarding.turn_on(SYSCTL, layout.changed_sysctls, ipv6=surroundings.outside.ipv6)
    first = not packet_filter.has_table(surroundings.names.table)
    packet_filter.load(rules)
    trial = f"trial-{secrets.token_hex(6)}"  # the link of one before may be going still
    try:
        in_thread(lambda: make_place(surroundings, trial, count(), listens=True).close())
    except OSError:
        if first:  # else processes of before are under these rules
            packet_filter.load(no_table(surroundings.names))
        raise
    return OwnNetworks(surroundings, rules)


def _restore(names: Names, rules: Document) -> bool:
    """Whether they had to be."""
    if packet_filter.has_table(names.table):
        return False
    packet_filter.load(rules)
    return True


def policy(surroundings: Surroundings, users: Users, settings: Settings) -> Policy:
    callers = (user for user in (0, users.router, users.build) if user is not None)
    return Policy(
        surroundings.names,
        tuple(callers),
        str(surroundings.network),
        surroundings.resolver.servers,
        surroundings.resolver.loopback,
        private=settings.apps_reach_private,
    )


def make_place(
    surroundings: Surroundings, handle: str, numbers: Iterator[int], *, listens: bool
) -> Place:
    """With the first free address of those numbers.

    Raises OSError and PorticoError; what was made by then goes with the namespace.
    """
    namespace = new_namespace()
    ipv6 = surroundings.outside.ipv6
    filtering = begun(lambda: within(namespace, partial(_lead_to_loopback, listens=listens)))
    try:
        wire, addresses = (
            _wire(surroundings, handle, namespace),
            candidates(surroundings.network, numbers),
        )
        address = links.connect(wire, addresses)
        within(namespace, lambda: links.configure_inside(address, ipv6=ipv6))
        filtering.result()
    except BaseException:
        wait((filtering,))
        os.close(namespace)
        raise
    endpoint = Endpoint(str(address), PORT) if listens else None
    variables = VARIABLES if listens else {}
    return Place(endpoint, variables, namespace, surroundings.resolver_text)


def _wire(surroundings: Surroundings, handle: str, namespace: int) -> links.Wire:
    names = surroundings.names
    return links.Wire(
        interface=names.interface(handle),
        alias=marker(names.server, handle),
        namespace=namespace,
        mtu=surroundings.outside.mtu,
        ipv6=surroundings.outside.ipv6,
        loopback_names=surroundings.resolver.loopback is not None,
    )


def _lead_to_loopback(*, listens: bool) -> None:
    if listens:
        packet_filter.load(listening_on_loopback(PORT))


def _close(making: asyncio.Future[Place]) -> None:
    """Nobody waits for it any more."""
    if making.exception() is None:
        making.result().close()
