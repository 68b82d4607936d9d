"""The operator's settings: `PORTICO_*` variables over `<data>/portico.toml` over the defaults."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from portico.sign_on import (
    OidcProvider,
    Provider,
    Registration,
    SamlProvider,
    TwoFactor,
    understood_mail_url,
    with_own_ids,
)

_APPS_HOST = re.compile(r"((\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?")


def _with_room(network: IPv4Network) -> IPv4Network:
    if network.num_addresses < 4:
        raise PydanticCustomError("too_small", "A network of processes has at least 4 addresses")
    return network


def _with_ports(pairs: tuple[str, ...]) -> tuple[str, ...]:
    for pair in pairs:
        host, _, port = pair.rpartition(":")
        if not host or not port.isdecimal():
            raise PydanticCustomError("no_port", "Each is a host and a port, as in hooks.lan:443")
    return pairs


def _host_of_apps(host: str, info: ValidationInfo) -> str:
    """A name, or `*.` and the domain of the names that apps get."""
    if not _APPS_HOST.fullmatch(host):
        raise PydanticCustomError("no_host", "A host name, or *. and a domain: *.apps.example.org")
    portal = urlsplit(info.data.get("url", "")).hostname or ""
    if host.startswith("*.") and portal.endswith(host[1:]):
        raise PydanticCustomError("portals_host", "The server's own host would be an app's")
    return host


def split_address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; an IPv6 address loses its brackets."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Settings(BaseSettings):
    """Each field is described in docs/operators/settings.md; a test compares the two."""

    model_config = SettingsConfigDict(env_prefix="PORTICO_", extra="ignore")

    data: Path = Field(description="The data folder.")
    listen: str = Field(default="127.0.0.1:8000", description="HOST:PORT of the router.")
    url: str = Field(default="", description="Public address of the server; follows from listen.")
    apps_host: Annotated[str, AfterValidator(_host_of_apps)] = Field(
        default="", description="A host name for apps, or `*.` and a domain: one for each app."
    )
    trust_authors: bool = Field(
        default=False, description="Whether several authors' apps may share the portal's host."
    )
    tls_cert: str = Field(default="", description="File of the certificate and its chain (PEM).")
    tls_key: str = Field(default="", description="File of the certificate's private key (PEM).")
    redirect_from: str = Field(
        default="", description="With TLS: HOST:PORT from which plain HTTP is redirected."
    )
    hsts_seconds: int = Field(
        default=365 * 24 * 3600,
        ge=0,
        description="With TLS: how long browsers insist on it; 0 does not tell them to.",
    )
    trusted_hops: int = Field(
        default=0, ge=0, description="Proxies in front whose X-Forwarded-* count."
    )
    database_url: str = Field(
        default="", description="PostgreSQL instead of SQLite; also DATABASE_URL."
    )
    encryption_keys: str = Field(
        default="", description="Keys of secrets in the database; the first one encrypts."
    )
    public_apps: bool = Field(
        default=True, description="Whether an app may be opened to everybody without signing in."
    )
    registration: Registration = Field(
        default=Registration.INVITED,
        description="Who gets an account by signing in: open, invited, closed.",
    )
    require_two_factor: TwoFactor = Field(
        default=TwoFactor.NOBODY,
        description="Who has to have a second factor: nobody, admins, everybody.",
    )
    oidc: tuple[OidcProvider, ...] = Field(
        default=(), description="OpenID Connect providers to sign in with."
    )
    saml: tuple[SamlProvider, ...] = Field(default=(), description="SAML providers, likewise.")
    mail_url: Annotated[str, AfterValidator(understood_mail_url)] = Field(
        default="", description="SMTP server for mail to people."
    )
    mail_from: str = Field(default="", description="Whom mail comes from.")
    webhook_reaches: Annotated[tuple[str, ...], AfterValidator(_with_ports)] = Field(
        default=(), description="Private HOST:PORTs that webhooks of apps may reach."
    )
    deploy_branches: tuple[str, ...] = Field(
        default=("main", "master"), description="Branches that deploy."
    )
    max_source_bytes: int = Field(default=512 << 20, description="Largest source archive, packed.")
    max_unpacked_bytes: int = Field(default=4 << 30, description="Largest source, unpacked.")
    max_source_files: int = Field(default=100_000, description="Most files in a source.")
    build_seconds: float = Field(default=1800, description="Time limit of one build.")
    build_memory_bytes: int = Field(
        default=4 << 30, ge=64 << 20, description="Memory that one build may use."
    )
    build_processes: int = Field(
        default=1024, ge=16, description="Processes and threads that one build may have at once."
    )
    package_index: str = Field(default="", description="Package index instead of PyPI.")
    conda_channels: dict[str, str] = Field(
        default={}, description="Addresses of conda channels by name; `*` for all others."
    )
    apt_repository: str = Field(
        default="", description="Debian repository of the stack and of Aptfiles."
    )
    apt_key: str = Field(
        default="", description="Key file that apt_repository is signed by, if not by Debian."
    )
    python_mirror: str = Field(
        default="", description="Where missing Python versions are fetched from."
    )
    ca_bundle: str = Field(
        default="", description="File of certificates that builds trust beside the system's."
    )
    build_reaches: tuple[str, ...] = Field(
        default=(), description="Private HOST:PORTs that builds reach besides these mirrors."
    )
    process_memory_bytes: int = Field(
        default=1 << 30, ge=16 << 20, description="Memory of a process whose author says nothing."
    )
    process_cpus: float | None = Field(
        default=None, ge=0.01, description="Processor cores that it may have at once."
    )
    process_pids: int = Field(
        default=512, ge=10, description="Processes and threads that it may have at once."
    )
    process_files: int = Field(
        default=65_536, ge=32, description="Files that each of those may have open."
    )
    max_process_memory_bytes: int | None = Field(
        default=None, ge=16 << 20, description="The most memory that an author may give a process."
    )
    max_process_cpus: float | None = Field(
        default=None, ge=0.01, description="Likewise of processor cores."
    )
    max_process_pids: int = Field(
        default=4096, ge=10, description="Likewise of processes and threads."
    )
    max_process_files: int = Field(default=1 << 20, ge=32, description="Likewise of open files.")
    max_app_processes: int = Field(
        default=200, ge=1, description="The most processes of an app, of all types together."
    )
    app_network: Annotated[IPv4Network, AfterValidator(_with_room)] = Field(
        default=IPv4Network("198.18.0.0/16"),
        description="As root, the addresses that processes get.",
    )
    apps_reach_private: bool = Field(
        default=True, description="Whether apps reach private addresses of your network."
    )
    drains_reach: tuple[str, ...] = Field(
        default=(), description="Private HOST:PORTs that log drains reach."
    )
    kept_releases: int = Field(
        default=10,
        ge=1,
        description="Releases of an app that stay on disk, those that failed not counted.",
    )
    event_days: int = Field(
        default=365, ge=1, description="Days after which the event trail forgets."
    )
    cache_bytes: int = Field(
        default=10 << 30, ge=0, description="Size that the package caches may reach together."
    )
    free_bytes: int = Field(
        default=1 << 30, ge=0, description="Free disk space below which the caches are cleared."
    )
    log_bytes: int = Field(
        default=10 << 20, description="Size at which a process's log is rotated."
    )
    log_files: int = Field(default=5, ge=1, description="Rotated logs kept per process.")
    log_bytes_per_second: int = Field(
        default=1 << 20, description="Output read per process and second."
    )

    @field_validator("oidc", "saml")
    @classmethod
    def _with_own_ids(
        cls, value: tuple[Provider, ...], info: ValidationInfo
    ) -> tuple[Provider, ...]:
        with_own_ids((*info.data.get("oidc", ()), *value))
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by name, not wanted
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        data = (init_settings() | env_settings()).get("data", ".")
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, Path(data) / "portico.toml"),
        )

    @property
    def providers(self) -> tuple[Provider, ...]:
        return (*self.oidc, *self.saml)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the router."""
        return split_address(self.listen)

    @property
    def public_url(self) -> str:
        """Scheme, host and port under which viewers reach the server, without a closing slash."""
        scheme = "https" if self.tls_cert else "http"
        return (self.url or f"{scheme}://{self.listen}").rstrip("/")

    @property
    def public_host(self) -> str:
        """The host name alone, as in ALLOWED_HOSTS."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def apps_apart(self) -> bool:
        """Whether apps are on another host than the portal."""
        return self.apps_host not in ("", self.public_host)

    @property
    def apps_own_domain(self) -> str:
        """The domain of which each app has a host of its own, with a dot in front, else ''."""
        return self.apps_host.removeprefix("*") if self.apps_host.startswith("*.") else ""

    def app_host(self, app: str) -> str:
        """The host of an app, '' where apps share the portal's."""
        return self.apps_host.replace("*", app) if self.apps_apart else ""

    @property
    def gate_cookie_prefix(self) -> str:
        """Of the cookies by which apps are entered. Browsers take none of such a name from a page of
        another host of the domain, which TLS and a host for each app are asked for."""
        tls = self.public_url.startswith("https://")
        return "__Host-" if tls and self.apps_own_domain else ""
