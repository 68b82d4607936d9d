"""Where a request goes: to an address that was checked, or to the operator's own proxy."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

from portico.build_proxy.order import ProxyOrder, Target, Upstream
from portico.public_addresses import Address, parsed, refusal
from portico.relaying import Connection

CONNECT_SECONDS = 20.0
READER_LIMIT = 1 << 16
DEFAULT_PORTS = {"http": 3128, "https": 443}


class RefusedError(Exception):
    """The build may not go there. The text says what is there."""


class UnreachableError(Exception):
    """Nobody answered there. The text says why, as the end of a sentence."""


@dataclass(frozen=True)
class NextProxy:
    """The operator's proxy, as one of its variables names it."""

    host: str
    port: int
    is_tls: bool
    credentials: str  # the value of Proxy-Authorization, '' for none


def next_proxy(upstream: Upstream, target: Target, *, tunnel: bool) -> NextProxy | None:
    """The proxy for that target, None for a direct way. Raises UnreachableError for one of no use."""
    address = upstream.tunnels if tunnel else upstream.plain
    is_bypassed = any(bypasses(entry, target) for entry in upstream.bypass.lower().split(","))
    return None if not address or is_bypassed else proxy_of(address)


def bypasses(entry: str, target: Target) -> bool:
    """Whether an entry of NO_PROXY is about that target: a name, a network, `*`, any with a port."""
    host, port = target
    name = entry.strip().removesuffix(f":{port}").removeprefix("*.").strip(".[]")
    if not name or name == "*":
        return name == "*"
    return host == name or host.endswith(f".{name}") or _is_within(host, name)


def _is_within(host: str, network: str) -> bool:
    try:
        return parsed(host) in ip_network(network)
    except ValueError:
        return False


def proxy_of(address: str) -> NextProxy:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise UnreachableError(
            f"builds cannot use the server's own proxy, which is of the kind {parts.scheme}"
        )
    return NextProxy(
        host=parts.hostname,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        is_tls=parts.scheme == "https",
        credentials=_basic(parts.username, parts.password),
    )


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def allowed(
    target: Target, addresses: Iterable[Address], own: Collection[Address]
) -> list[Address]:
    """Those of a target's addresses that a build may reach. Raises RefusedError when there is none."""
    judged = {address: refusal(address, own) for address in addresses}
    good = [address for address, found in judged.items() if not found]
    if judged and not good:
        address, found = next(iter(judged.items()))
        raise RefusedError(found if _is_address(target[0]) else f"{address}, {found}")
    return good


def _is_address(host: str) -> bool:
    try:
        parsed(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Destinations:
    """What one build may reach."""

    order: ProxyOrder
    own: frozenset[Address]

    async def checked(self, target: Target) -> list[Address]:
        """Addresses of that target to connect to. Raises RefusedError, UnreachableError."""
        addresses = await resolved(target)
        is_mirror = target in self.order.mirrors
        return addresses if is_mirror else allowed(target, addresses, self.own)

    async def check_for_next(self, target: Target) -> None:
        """For a target that the operator's proxy will look up: what is known here is refused here.

        A name that only that proxy can resolve is its to judge. Raises RefusedError.
        """
        try:
            await self.checked(target)
        except UnreachableError:
            return


async def resolved(target: Target) -> list[Address]:
    """Raises UnreachableError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(*target, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "this is not a name"
        raise UnreachableError(f"its name cannot be resolved ({why})") from error
    return [parsed(str(info[4][0])) for info in found]


async def connected(addresses: Iterable[Address], port: int) -> Connection:
    """A connection to the first that answers. Raises UnreachableError."""
    why = "it has no address"
    for address in addresses:
        try:
            return await _opened(str(address), port)
        except (OSError, TimeoutError) as error:
            why = f"{address} does not answer ({_reason(error)})"
    raise UnreachableError(why)


async def connected_to_next(proxy: NextProxy) -> Connection:
    """Raises UnreachableError."""
    context = ssl.create_default_context() if proxy.is_tls else None
    try:
        return await _opened(proxy.host, proxy.port, context)
    except (OSError, TimeoutError) as error:
        raise UnreachableError(
            f"the server's own proxy does not answer ({_reason(error)})"
        ) from error


async def _opened(host: str, port: int, context: ssl.SSLContext | None = None) -> Connection:
    async with asyncio.timeout(CONNECT_SECONDS):
        streams = await asyncio.open_connection(host, port, ssl=context, limit=READER_LIMIT)
    return Connection(*streams)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
