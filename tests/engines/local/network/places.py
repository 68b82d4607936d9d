"""Places for tests: a network beyond this machine, and programs that try to reach something."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_interface
from pathlib import Path

from pyroute2 import IPRoute

from portico.engines.engine import Launch
from portico.engines.local import LocalEngine
from portico.engines.local.network.namespaces import in_thread, new_namespace, within
from tests.engines.contract import launch
from tests.engines.local.machines import Server, output_of

REACH = Path(__file__).with_name("reach.py")
# Documentation and metadata addresses: nothing that this machine has a way to.
HERE, HERE6 = "203.0.113.1/24", "2001:db8:77::1/64"
THERE, THERE6 = "203.0.113.2", "2001:db8:77::2"
PRIVATE, METADATA = "10.213.77.2", "169.254.169.254"


async def reached(server: Server, engine: LocalEngine, *targets: str, app_id: int = 7) -> list[str]:
    """What an app's process says of each target."""
    server.add_slug({"reach.py": REACH.read_text()}, app_id)
    said = await output_of(server, engine, reach_order(*targets, app_id=app_id))
    return [line.partition(" ")[2] for line in said.splitlines()]


def reach_order(*targets: str, app_id: int = 7) -> Launch:
    order = launch(f"exec /usr/bin/python3 reach.py {' '.join(targets)}", process="worker.1")
    return Launch(**{**vars(order), "app_id": app_id})


@contextmanager
def listening(address: str, port: int = 0, *, namespace: int | None = None) -> Iterator[int]:
    """Tell each who connects its own address; the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def opened() -> socket.socket:
        return socket.create_server((address, port), family=family)

    server = within(namespace, opened) if namespace is not None else opened()
    threading.Thread(target=_answer, args=(server,), daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _answer(server: socket.socket) -> None:
    while True:
        try:
            connection, (address, *_) = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(address.encode())


@dataclass(frozen=True)
class Beyond:
    """A machine beyond this one, in a namespace."""

    namespace: int


@contextmanager
def beyond() -> Iterator[Beyond]:
    """One that this machine has a way to, at public, private and metadata addresses."""
    namespace = new_namespace()
    name = f"test{os.getpid() % 100_000}"
    try:
        in_thread(lambda: _connect(name, namespace))
        within(namespace, _be_there)
        in_thread(lambda: _lead(name))
        yield Beyond(namespace)
    finally:
        in_thread(lambda: _disconnect(name))
        os.close(namespace)


def _connect(name: str, namespace: int) -> None:
    with IPRoute() as kernel:
        kernel.link(
            "add", ifname=name, kind="veth", peer={"ifname": "eth0", "net_ns_fd": namespace}
        )
        (index,) = kernel.link_lookup(ifname=name)
        for address in map(ip_interface, (HERE, HERE6)):
            length = address.network.prefixlen
            kernel.addr("add", index=index, address=str(address.ip), prefixlen=length, flags=2)
        kernel.link("set", index=index, state="up")


def _be_there() -> None:
    with IPRoute() as kernel:
        kernel.link("set", index=1, state="up")
        (index,) = kernel.link_lookup(ifname="eth0")
        for address, length in ((THERE, 24), (THERE6, 64), (PRIVATE, 32), (METADATA, 32)):
            kernel.addr("add", index=index, address=address, prefixlen=length, flags=2)
        kernel.link("set", index=index, state="up")


def _lead(name: str) -> None:
    with IPRoute() as kernel:
        (index,) = kernel.link_lookup(ifname=name)
        for address in (PRIVATE, METADATA):
            kernel.route("add", dst=f"{address}/32", gateway=THERE, oif=index)


def _disconnect(name: str) -> None:
    with IPRoute() as kernel:
        for index in kernel.link_lookup(ifname=name):
            kernel.link("del", index=index)
