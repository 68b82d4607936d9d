"""Where channels are: names become addresses, and credentials are taken out of them. Pure.

An address without its credentials is all that keys, records, caches and messages ever see; the
credentials go to the one process that fetches, by host.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from portico.errors import PorticoError

HOME = "https://conda.anaconda.org"
# What `defaults` means to conda, unless the operator says where it is.
DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
# When a file names no channel.
FALLBACK = "conda-forge"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_TOKEN = re.compile(r"^/t/([^/]+)(?=/|$)")
_USER = re.compile(r"//[^/@\s]*@")
_TOKEN_SHOWN = re.compile(r"/t/[^/\s]+")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
Operators = Mapping[str, str]


class Refused(Exception):  # noqa: N818 - becomes a finding at the line of the channel
    """Why a channel is not taken, and what to write instead. The operator may allow some."""

    def __init__(self, what: str, fix: str, *, operator_may: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.operator_may = operator_may


@dataclass(frozen=True)
class Credentials:
    """What a host wants to be told: a token in the path, or a user and a password."""

    token: str = ""
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Channel:
    """A channel at its address, which holds no credentials. `operators`: they say where it is."""

    address: str
    operators: bool = False
    credentials: Credentials | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def folder(self) -> str | None:
        """The folder of a channel that is files of this machine."""
        parts = urlsplit(self.address)
        return unquote(parts.path) if parts.scheme == "file" else None


def resolve(name: str, operators: Operators) -> tuple[Channel, ...]:
    """The channels that an author's word for one stands for. Raises Refused."""
    if name == "nodefaults":
        return ()
    name = _short(name)
    given = operators.get(name) or _from_base(name, operators)
    if given:
        return (_operators(given),)
    if name == "defaults":
        return tuple(Channel(address) for address in DEFAULTS)
    if "://" in name:
        return (_authors(name, operators),)
    if not _NAME.fullmatch(name):
        raise _no_name(name)
    return (Channel(f"{HOME}/{name}"),)


def digest(channels: Iterable[Channel]) -> str:
    """Stands for a list of channels in keys: other addresses, another environment."""
    lines = "\n".join(channel.address for channel in channels)
    return hashlib.sha256(lines.encode()).hexdigest()


def without_credentials(operators: Operators) -> dict[str, str]:
    """The operator's addresses for a step that need not know their credentials.

    `***` stands for them: that there are some decides about what may be shared.
    """
    return {name: hidden(address) for name, address in operators.items()}


def hidden(text: str) -> str:
    """Text in which no address shows its credentials."""
    return _TOKEN_SHOWN.sub("/t/***", _USER.sub("//***@", text))


def filled(channel: Channel, config: Mapping[str, str]) -> Credentials | None:
    """The credentials with config vars put in. Raises PorticoError for one that is not set."""
    if channel.credentials is None:
        return None
    given = channel.credentials
    return Credentials(*(_filled(part, channel, config) for part in astuple(given)))


def credentials_by_host(channels: Iterable[Channel]) -> dict[str, Credentials]:
    """What each host is told. Raises PorticoError when two channels of one host differ."""
    found: dict[str, Credentials] = {}
    for channel in channels:
        if channel.credentials is None:
            continue
        if found.setdefault(channel.host, channel.credentials) != channel.credentials:
            raise PorticoError(
                f"Two channels at {channel.host} have different credentials.",
                "A host is told the same for all of its channels.",
                "Use credentials that are good for both, or one channel of that host.",
            )
    return found


def _filled(text: str, channel: Channel, config: Mapping[str, str]) -> str:
    missing = [a or b for a, b in _VARIABLE.findall(text) if not config.get(a or b)]
    if missing:
        raise PorticoError(
            f"The config var {missing[0]} is not set.",
            f"environment.yml gives the channel {channel.address} credentials with it.",
            f"Set it: portico config set {missing[0]}=...",
        )
    return _VARIABLE.sub(lambda match: config[match[1] or match[2]], text)


def _short(name: str) -> str:
    """A channel of conda's home by its name, so that the operator's addresses hold for it."""
    name = name.strip().rstrip("/")
    return name.removeprefix(f"{HOME}/")


def _from_base(name: str, operators: Operators) -> str | None:
    base = operators.get("*")
    return f"{base.rstrip('/')}/{name}" if base and "://" not in name else None


def _operators(address: str) -> Channel:
    clean, credentials = _split(address)
    return Channel(clean, operators=True, credentials=credentials)


def _authors(address: str, operators: Operators) -> Channel:
    clean, credentials = _split(address)
    if ".." in urlsplit(unquote(clean)).path.split("/"):
        raise _no_name(address)
    for known in _addresses(operators):
        if clean == known.address or clean.startswith(f"{known.address}/"):
            return Channel(clean, operators=True, credentials=credentials or known.credentials)
    scheme = urlsplit(clean).scheme
    if scheme != "https":
        raise _scheme(scheme, clean)
    if "$" in clean or not urlsplit(clean).hostname:
        raise Refused(
            f"`{hidden(address)}` is no address of a channel.",
            "Write https://HOST/CHANNEL; config vars may stand for credentials alone, as in "
            "https://${USER}:${PASSWORD}@HOST/CHANNEL.",
        )
    return Channel(clean, credentials=credentials)


def _addresses(operators: Operators) -> Iterator[Channel]:
    return (_operators(address) for address in operators.values())


def _split(address: str) -> tuple[str, Credentials | None]:
    """The address without its credentials, and they."""
    parts = urlsplit(address.strip().rstrip("/"))
    userinfo, at, host = parts.netloc.rpartition("@")
    token = _TOKEN.match(parts.path)
    path = _TOKEN.sub("", parts.path) if token else parts.path
    clean = urlunsplit((parts.scheme.lower(), host.lower(), path, "", ""))
    if token:
        return clean, Credentials(token=token[1])
    if at:
        user, _, password = userinfo.partition(":")
        return clean, Credentials(user=unquote(user), password=unquote(password))
    return clean, None


def _scheme(scheme: str, address: str) -> Refused:
    if scheme == "file":
        return Refused(
            f"The channel {address} is a folder of the server's machine.",
            "Use a channel at an https address, or ask the operator to add this one to "
            "conda_channels.",
            operator_may=True,
        )
    if scheme == "http":
        return Refused(
            f"The channel {address} is not encrypted.",
            "Use its https address, or ask the operator to add it to conda_channels.",
            operator_may=True,
        )
    return Refused(
        f"The channel {hidden(address)} is at an address that Portico does not read ({scheme}).",
        "Use a channel at an https address.",
    )


def _no_name(name: str) -> Refused:
    if name.startswith(("/", ".", "~")):
        return _scheme("file", hidden(name))
    return Refused(
        f"`{hidden(name)[:80]}` is no name of a channel.",
        "Write a name such as conda-forge, or an https address.",
    )
