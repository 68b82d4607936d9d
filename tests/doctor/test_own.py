"""What the doctor looks at beside the sandboxes."""

from __future__ import annotations

import resource
import socket
from pathlib import Path

import pytest

from portico.doctor import own
from portico.doctor.check import Check
from portico.doctor.own import address_check, own_checks
from portico.supervisor.options import resolve
from tests.certificates import make_certificate
from tests.ports import free_port


def named(data: Path, listen: str) -> dict[str, Check]:
    return {check.name: check for check in own_checks(resolve(data, listen, None, {}))}


def test_a_busy_address_is_found_with_who_holds_it(tmp_path: Path):
    with socket.create_server(("127.0.0.1", port := free_port())):
        check = address_check(resolve(tmp_path, f"127.0.0.1:{port}", None, {}))
    assert (check.name, check.on, check.needed) == (f"address 127.0.0.1:{port}", False, True)
    assert f"listens on port {port} already." in check.how


def test_a_free_address_is_on(tmp_path: Path):
    listen = f"127.0.0.1:{free_port()}"
    check = address_check(resolve(tmp_path, listen, None, {}))
    assert check == Check(f"address {listen}", on=True, how="", needed=True)


def test_what_is_there_is_on(tmp_path: Path):
    checks = named(tmp_path, f"127.0.0.1:{free_port()}")
    assert checks["git"].on
    assert checks["uv"].on


def test_missing_disk_space_counts(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(own, "WANTED_BYTES", 1 << 62)
    (check,) = (c for n, c in named(tmp_path, "127.0.0.1:1").items() if n.startswith("disk space"))
    assert not check.on
    assert check.how == f"Free some on the disk of {tmp_path}, or move the data folder."


def test_too_few_file_descriptors_are_told_with_the_way_to_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against what this process may open itself: no server runs there."""
    name, (_, most) = "file descriptors for apps", resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setenv("PORTICO_PROCESS_FILES", str(most))
    (check,) = _checks(tmp_path, name)
    assert check.on
    monkeypatch.setenv("PORTICO_PROCESS_FILES", str(most + 1))
    monkeypatch.setenv("PORTICO_MAX_PROCESS_FILES", str(most + 1))
    (check,) = _checks(tmp_path, name)
    assert (check.on, check.needed) == (False, False)
    assert check.how == (
        f"A process of this server can open {most:,} files; each of an app's is to be able to open "
        f"{most + 1:,} (process_files). Set LimitNOFILE=1048576 in its systemd unit, or run "
        "ulimit -n 1048576 as root in the shell that starts it, then stop and start the server."
    )


def _checks(data: Path, name: str, **told: str) -> list[Check]:
    found = own_checks(resolve(data, f"127.0.0.1:{free_port()}", None, {}, **told))
    return [check for check in found if check.name.startswith(name)]


@pytest.mark.parametrize(
    ("days", "on", "needed"), [(90, True, False), (10, False, False), (-1, False, True)]
)
def test_a_certificate_that_ends_soon_is_named(
    tmp_path: Path, days: int, on: bool, needed: bool
) -> None:
    chain, key = make_certificate(tmp_path, days=days)
    told = {"tls_cert": str(chain), "tls_key": str(key)}
    (check,) = _checks(tmp_path, "certificate (", **told)
    assert (check.on, check.needed) == (on, needed)
    assert str(chain) in check.how


@pytest.mark.parametrize(
    ("named", "absent"),
    [
        (["portico.example", "*.apps.example"], ""),
        (["*.example", "*.apps.example"], ""),
        (["portico.example", "apps.example"], "*.apps.example"),
        (["other.example"], "portico.example and *.apps.example"),
    ],
)
def test_hosts_that_the_certificate_does_not_name_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str], absent: str
) -> None:
    chain, key = make_certificate(tmp_path, *named)
    monkeypatch.setenv("PORTICO_APPS_HOST", "*.apps.example")
    address = f"127.0.0.1:{free_port()}"
    told = {"tls_cert": str(chain), "tls_key": str(key)}
    found = own_checks(resolve(tmp_path, address, "https://portico.example", {}, **told))
    (check,) = (one for one in found if one.name == "names in the certificate")
    wanted = (
        f"It does not name {absent}: browsers will warn of it there. Put a new one in place of "
    )
    assert (check.on, check.needed) == (not absent, False)
    assert check.how == (f"{wanted}{chain}; it is taken without a restart." if absent else "")


def test_apps_on_the_portals_host_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (check,) = _checks(tmp_path, "a host of its own")
    assert (check.on, check.needed) == (False, False)
    assert check.how == (
        "There can be one author alone: pages of apps could act for their visitors on each other "
        "and on the portal. Set apps_host, see server.md."
    )
    monkeypatch.setenv("PORTICO_APPS_HOST", "apps.example")
    (check,) = _checks(tmp_path, "a host of its own")
    assert check.on
