"""What stands in for the sources of the internet in builds. Pure.

Settings and the operator's variables become one answer here: what the tools of a step that has a
network are told, which folders of the operator's it sees, and what it may reach on addresses that
are closed to it otherwise. See docs/decisions/0014-mirrors-and-disk.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from portico.settings import Settings

# Where a sandbox has the certificates that it trusts, when the operator has added some.
CERTIFICATES = "/run/portico/certificates.pem"
# Each is another tool's name for the same file: uv and Python, requests, curl, git, pip.
CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
)
# The operator's variables that name files to be shown to a build.
OPERATOR_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_CONFIG_FILE")
# Where uv looks for packages, in variables of one or several addresses.
INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
)
PYTHON_VARIABLES = ("UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS_JSON_URL")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Mirrors:
    """For every step that has a network.

    `folders` are shown read-only at their own paths. `hosts`, names and ports, may be reached also
    where a name leads to a private address.
    """

    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    folders: tuple[str, ...] = ()
    hosts: tuple[tuple[str, int], ...] = ()


def mirrors(settings: Settings, environ: Mapping[str, str]) -> Mirrors:
    """Settings win over the operator's variables, which are passed on."""
    variables = {name: value for name, value in environ.items() if _passes(name)}
    variables |= setting_variables(settings)
    addresses = [*setting_addresses(settings).values(), *_named(variables)]
    reached = [f"tcp://{pair}" for pair in settings.build_reaches]
    return Mirrors(
        variables,
        tuple(dict.fromkeys(path for a in addresses if (path := folder(a)))),
        tuple(dict.fromkeys(found for a in (*addresses, *reached) if (found := host(a)))),
    )


def setting_variables(settings: Settings) -> dict[str, str]:
    """What the settings tell the tools of a build."""
    index, python = settings.package_index, settings.python_mirror
    told = {}
    if index:
        told["UV_DEFAULT_INDEX"] = index
    if folder(index):
        # A folder may be an index, or just hold packages; uv finds nothing where it is the other.
        told["UV_FIND_LINKS"] = index
    if python:
        told[PYTHON_VARIABLES[python.endswith(".json")]] = python
    if settings.ca_bundle:
        told |= dict.fromkeys(CERTIFICATE_VARIABLES, CERTIFICATES)
    return told


def setting_addresses(settings: Settings) -> dict[str, str]:
    """The addresses in the settings, under the names that an operator knows them by."""
    named = {
        "package_index": settings.package_index,
        "python_mirror": settings.python_mirror,
        **{f"conda_channels, {name}": url for name, url in settings.conda_channels.items()},
        "apt_repository": settings.apt_repository,
    }
    return {name: address for name, address in named.items() if address}


def index_identity(variables: Mapping[str, str]) -> str:
    """Tells one set of package indexes from another, '' for uv's own; part of environments' keys.

    Credentials do not count: with another password it is the same index.
    """
    named = [(name, variables[name]) for name in INDEX_VARIABLES if variables.get(name)]
    plain = [(name, [_without_credentials(a) for a in _split(value)]) for name, value in named]
    return hashlib.sha256(repr(plain).encode()).hexdigest()[:16] if plain else ""


def folder(address: str) -> str:
    """The path that a file:// address names, '' for any other; of a file its folder."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    named = path.rpartition("/")[0] if path.endswith(".json") else path.rstrip("/")
    return named or "/"


def host(address: str) -> tuple[str, int] | None:
    """The host and port that an http(s) address names."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None


def _passes(name: str) -> bool:
    """Not the proxies: a build has its own, which goes on to the operator's."""
    return name in OPERATOR_FILES or _is_uv_setting(name)


def _is_uv_setting(name: str) -> bool:
    """uv's settings, but for those that name folders: builds have their own."""
    return name.startswith("UV_") and not name.endswith(("_DIR", "_ENVIRONMENT", "_FILE"))


def _named(variables: Mapping[str, str]) -> Iterator[str]:
    for name in (*INDEX_VARIABLES, *PYTHON_VARIABLES):
        yield from _split(variables.get(name, ""))


def _split(value: str) -> list[str]:
    """Addresses are separated by blanks, in UV_FIND_LINKS by commas; an index may have a name."""
    words = value.replace(",", " ").split()
    return [word.partition("=")[2] if _has_name(word) else word for word in words]


def _has_name(word: str) -> bool:
    return "=" in word.partition("://")[0]


def _without_credentials(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
