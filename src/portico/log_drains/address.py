"""Addresses of log drains, as authors write them and as they are shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from portico.errors import PorticoError

SYSLOG = ("syslog", "syslog+tcp", "syslog+tls")
HTTP_PORTS = {"http": 80, "https": 443}
MOST_HEADERS = 5
_TEXT = re.compile(r"[!-~]{1,2000}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9.])?")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_VALUE = re.compile(r"[!-~]([ -~]{0,1998}[!-~])?")
# Those that the sender writes itself.
_OWN_HEADERS = {"host", "connection", "content-length", "content-type", "transfer-encoding"}
EXAMPLES = (
    "Write syslog://HOST:PORT, syslog+tcp://HOST:PORT, syslog+tls://HOST:PORT or https://HOST/PATH."
)


@dataclass(frozen=True)
class Address:
    """`path` and `credentials`, NAME:PASSWORD as they stand in the address, are of HTTP alone."""

    scheme: str
    host: str
    port: int
    path: str = ""
    credentials: str = ""

    @property
    def is_http(self) -> bool:
        return self.scheme in HTTP_PORTS

    @property
    def authority(self) -> str:
        """Host and port, the port left out where the scheme tells it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if HTTP_PORTS.get(self.scheme) == self.port else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """Without what may be secret: services put their tokens before the host and in the path."""
        if not self.is_http:
            return f"{self.scheme}://{self.authority}"
        rest = "" if self.path == "/" else "..."
        return f"{self.scheme}://{self.authority}/{rest}"


def parsed(text: str) -> Address:
    """Raises PorticoError, which does not repeat the address: there may be a password in it."""
    if not _TEXT.fullmatch(text):
        raise _wrong("It is empty, very long, or has characters that no address has.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _wrong("Its host or its port is none.") from error
    scheme, host = parts.scheme, parts.hostname or ""
    if scheme not in (*SYSLOG, *HTTP_PORTS):
        raise _wrong("It does not begin with a kind that there is.")
    if not _is_host(host):
        raise _wrong("Its host is none.")
    if port == 0 or (port is None and scheme in SYSLOG):
        raise _wrong("It has no port.")
    if scheme in SYSLOG:
        return _syslog(parts, host, port or 0)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    credentials = parts.netloc.rpartition("@")[0]
    return Address(scheme, host, port or HTTP_PORTS[scheme], path, credentials)


def _syslog(parts: SplitResult, host: str, port: int) -> Address:
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong("One of syslog has a host and a port, and nothing else.")
    return Address(parts.scheme, host, port)


def _is_host(host: str) -> bool:
    if _HOST.fullmatch(host):
        return True
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def check_headers(address: Address, headers: Mapping[str, str]) -> None:
    """Raises PorticoError, which does not repeat the values."""
    if headers and not address.is_http:
        raise _wrong_headers(f"Nothing can be sent along to {address.scheme}.")
    if len(headers) > MOST_HEADERS:
        raise _wrong_headers(f"There are {len(headers)} of them.")
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise _wrong_headers(f"{name[:100]!r} is none that can be chosen.")
        if not _VALUE.fullmatch(value):
            raise _wrong_headers(f"The value of {name} is empty or has more than one line.")


def _wrong(found: str) -> PorticoError:
    return PorticoError("This is not an address for a log drain.", found, EXAMPLES)


def _wrong_headers(found: str) -> PorticoError:
    return PorticoError(
        "These headers cannot be sent to a log drain.",
        found,
        f"Give at most {MOST_HEADERS}, for https:// and http:// alone, each as NAME: VALUE.",
    )
