"""What the doctor looks at by itself: in the command line, also before a first start, and in the agent."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from portico.certificate_files import days_left, is_for, names
from portico.doctor.check import Check
from portico.errors import PorticoError
from portico.layout import Layout, users
from portico.supervisor import access, status
from portico.supervisor.address import require_free
from portico.supervisor.options import Options, Tls

WANTED_BYTES = 2 << 30  # a few environments and slugs
LEAST_DAYS = 14  # of a certificate; those that renew themselves do so before


def own_checks(options: Options) -> Iterator[Check]:
    """What the server needs, whether it runs or not."""
    yield Check("git", shutil.which("git") is not None, "apt-get install git", needed=True)
    yield Check("uv", _has_uv(), "Install Portico again; uv comes with it.", needed=True)
    yield _data_folder(options.data)
    yield _disk_space(options.data)
    yield _apps_apart(options.data)
    yield _open_files(options.data)
    if options.tls:
        yield from _certificate(options, options.tls)
    if users().is_root:
        yield _readable_code()


def address_check(options: Options) -> Check:
    """Whether the router could listen there. Not for the agent: its own server is on its way there,
    and the question takes the address for a moment."""
    found = status.read(Layout(options.data))
    if any(p.name == "router" and p.state == status.RUNNING for p in found.processes):
        return Check(f"address {found.url}, where this server runs", on=True, how="", needed=True)
    try:
        require_free(options.listen)
    except PorticoError as error:
        how = f"{error.detail} {error.hint}"
        return Check(f"address {options.listen.listen}", on=False, how=how, needed=True)
    return Check(f"address {options.listen.listen}", on=True, how="", needed=True)


def _has_uv() -> bool:
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin()).exists()
    except (ImportError, FileNotFoundError):
        return False


def _data_folder(data: Path) -> Check:
    existing = _existing(data)
    own = (
        existing.stat().st_uid == os.geteuid() if existing == data else os.access(existing, os.W_OK)
    )
    how = f"Start the server as the owner of {existing}, or give another --data."
    if own and users().is_root:
        try:
            access.require_reachable_data(existing)
        except PorticoError as error:
            own, how = False, f"{error.detail} {error.hint}"
    return Check(f"data folder {data}", own, how, needed=True)


def _disk_space(data: Path) -> Check:
    free = shutil.disk_usage(_existing(data)).free
    return Check(
        f"disk space ({free / (1 << 30):.1f} GB free)",
        free >= WANTED_BYTES,
        f"Free some on the disk of {data}, or move the data folder.",
        needed=True,
    )


def _apps_apart(data: Path) -> Check:
    """Not needed: with one author, or authors who trust each other, it protects from nobody."""
    from portico.settings import Settings

    settings = Settings(data=data)
    apart = settings.apps_apart
    who = (
        "Authors are trusted (trust_authors): pages of their apps can"
        if settings.trust_authors
        else "There can be one author alone: pages of apps could"
    )
    how = f"{who} act for their visitors on each other and on the portal. Set apps_host, see server.md."
    return Check("a host of its own for apps", apart, "" if apart else how)


def _open_files(data: Path) -> Check:
    """Of the server that runs, else of one that would be started here."""
    from portico.settings import Settings

    most, wanted = _most_files(Layout(data)), Settings(data=data).process_files
    return Check(
        "file descriptors for apps, agent and router",
        most == resource.RLIM_INFINITY or most >= wanted,
        f"A process of this server can open {most:,} files; each of an app's is to be able to open "
        f"{wanted:,} (process_files). Set LimitNOFILE=1048576 in its systemd unit, or run "
        "ulimit -n 1048576 as root in the shell that starts it, then stop and start the server.",
    )


def _most_files(layout: Layout) -> int:
    supervisor = status.read(layout).supervisor
    with contextlib.suppress(OSError):  # it has ended, or is another user's
        return resource.prlimit(supervisor.pid if supervisor else 0, resource.RLIMIT_NOFILE)[1]
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _certificate(options: Options, tls: Tls) -> Iterator[Check]:
    try:
        days, known = days_left(tls.certificate), names(tls.certificate)
    except (OSError, ValueError) as error:
        yield Check("certificate", on=False, how=f"{tls.certificate}: {error}.", needed=True)
        return
    how = f"Put a new one in place of {tls.certificate}; it is taken without a restart."
    yield Check(f"certificate ({days} days left)", days >= LEAST_DAYS, how, needed=days < 0)
    absent = [host for host in _hosts(options) if not is_for(known, host)]
    how = f"It does not name {' and '.join(absent)}: browsers will warn of it there. {how}"
    yield Check("names in the certificate", not absent, how if absent else "")


def _hosts(options: Options) -> Iterator[str]:
    """Those under which viewers come."""
    from portico.settings import Settings

    settings = Settings(data=options.data)
    yield urlsplit(options.url).hostname or ""
    if settings.apps_apart:
        yield settings.apps_host


def _readable_code() -> Check:
    try:
        access.require_readable_code(access.code_paths())
    except PorticoError as error:
        how = f"{error.detail} {error.hint}"
        return Check("code readable by web and router", on=False, how=how, needed=True)
    return Check("code readable by web and router", on=True, how="", needed=True)


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
