"""Apps with an Aptfile: real packages of the distribution, and a repository of the test's own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portico.layout import Layout, users
from tests import stacks as session_stacks
from tests.apt_repository import ISSUER, AptRepository, apt_repository
from tests.servers import Server, started
from tests.subordinate import ordinary_user

pytestmark = pytest.mark.debian

APPS = Path(__file__).resolve().parents[1] / "apps"
# What a script of a package finds where it runs, and what it does to folders of the stack.
SCRIPT = """\
mkdir -p /etc/acme
{
  echo "user $(id -u)"
  echo "inside $(find /app /data /source -mindepth 1)"
  echo "secrets $(env | grep -c -i -E 'token|portico_|uv_' || true)"
  mount -t tmpfs none /mnt 2>/dev/null && echo "mounts" || echo "no mounts"
  echo > /proc/sys/kernel/hostname 2>/dev/null && echo "sysctl" || echo "no sysctl"
} > /etc/acme/seen
rm -r /usr/share/zoneinfo/Arctic
mkdir /usr/share/zoneinfo/Arctic
echo new > /usr/share/zoneinfo/Arctic/Only_This
rm -r /usr/share/zoneinfo/Antarctica /usr/share/zoneinfo/Indian
ln -s Arctic /usr/share/zoneinfo/Indian
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AptRepository]:
    scripts = {"portico-acme": SCRIPT, "portico-broken": "echo I cannot >&2; exit 7"}
    with apt_repository(tmp_path_factory.mktemp("repository"), scripts) as made:
        yield made


@pytest.fixture(scope="module")
def apt_server(
    repository: AptRepository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server whose builds may reach the test's repository, and do not trust it."""
    with started() as server:
        (server.data / "portico.toml").write_text(f'build_reaches = ["{repository.host}"]\n')
        assert server.cli("server", "restart", "--data", str(server.data)).returncode == 0
        yield server


def deploy(server: Server, folder: Path, app: str, *words: str) -> str:
    done = server.cli("deploy", str(folder), "--app", app, "--yes", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(server: Server, folder: Path, app: str) -> str:
    """What a deploy that fails says at its end."""
    done = server.cli("deploy", str(folder), "--app", app, "--yes")
    assert done.returncode == 1, done.stdout
    title = done.stdout.rpartition("The deploy failed: ")[2].strip()
    return title + done.stderr.rpartition(title)[2]


def page(server: Server, app: str) -> Any:
    answer = server.get(f"/{app}/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def copied(name: str, folder: Path, **files: str) -> Path:
    tree = shutil.copytree(APPS / name, folder)
    for file, text in files.items():
        (tree / file).write_text(text)
    return tree


def host() -> dict[str, str]:
    """The host's packages and files, as far as installing something would touch them."""
    listed = subprocess.run(["dpkg", "-l"], capture_output=True, check=True).stdout
    status = Path("/var/lib/dpkg/status").read_bytes()
    folders = ("/etc", "/usr/bin", "/usr/sbin", "/usr/lib", "/var/lib/dpkg")
    return {
        "dpkg -l": hashlib.sha256(listed).hexdigest(),
        "status": hashlib.sha256(status).hexdigest(),
        **{folder: _names_and_times(Path(folder)) for folder in folders},
        # What lies in there is others' and may be at work, as the copy is that these tests run in.
        "/opt": " ".join(sorted(path.name for path in Path("/opt").iterdir())),
    }


def _names_and_times(folder: Path) -> str:
    seen = hashlib.sha256()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        if parent.endswith(("__pycache__", "/lib/python3")):
            continue
        for name in sorted(files):
            path = Path(parent, name)
            seen.update(f"{path} {path.lstat().st_mtime_ns}\n".encode())
    return seen.hexdigest()


@pytest.fixture(scope="module")
def app(stacks: Path, apt_server: Server) -> str:
    """An app with three packages, built and started; what the host was like before and after."""
    before = host()
    with session_stacks.lent(stacks, apt_server.layout):
        log = deploy(apt_server, APPS / "system-packages", "packed")
    assert host() == before
    assert "\nBuilding apt layer\n" in log
    return "packed"


def test_an_app_uses_the_packages_of_its_aptfile(apt_server: Server, app: str):
    seen = page(apt_server, app)
    user = users().app(1)
    assert seen == {
        "odbc": 0,
        "threads": True,
        "sum": 6.0,
        "alternative": f"/etc/alternatives/libopenblas.so.0-{os.uname().machine}-linux-gnu",
        "isql": "unixODBC",
        "release": "13",
        "user": seen["user"] if user is None else user,
        "writes": [],
    }
    assert seen["user"] != 0


def test_one_offs_and_commands_in_a_process_stand_on_the_same_stack(apt_server: Server, app: str):
    looked = 'id -u; isql --version; grep -E "^(Cap(Prm|Bnd)|NoNewPrivs|Groups)" /proc/self/status'
    ran = apt_server.cli("run", app, "--", "sh", "-c", looked).stdout.split()
    entered = apt_server.cli("exec", app, "web.1", "--", "sh", "-c", looked).stdout.split()
    assert ran == entered
    assert ran[1:] == [
        *("unixODBC", ran[2], "Groups:", "CapPrm:", "0" * 16, "CapBnd:", "0" * 16),
        *("NoNewPrivs:", "1"),
    ]


def test_no_other_app_sees_them(apt_server: Server, app: str):
    deploy(apt_server, APPS / "works", "other")
    looked = "cat /etc/debian_version; isql --version; ls /usr/lib/*/libodbc.so.2 /etc/odbcinst.ini"
    seen = apt_server.cli("run", "other", "--", "sh", "-c", looked)
    assert "unixODBC" not in seen.stdout
    assert "libodbc" not in seen.stdout


def test_the_layer_is_kept_for_what_needs_it_and_the_log_says_why_it_is_made(
    apt_server: Server, app: str, tmp_path: Path
):
    assert "\nUsing cached apt layer\n" in deploy(apt_server, APPS / "system-packages", app)
    other = copied("works", tmp_path / "app", Aptfile="tini\n")
    changed = deploy(apt_server, other, app)
    assert "\nBuilding apt layer because Aptfile changed\n" in changed
    again = deploy(apt_server, other, app, "--no-cache")
    assert "\nBuilding apt layer because --no-cache was given\n" in again
    layers = {path.name for path in apt_server.layout.apt_layers(1).iterdir()}
    assert len(layers) == 3
    assert apt_server.cli("rollback", app, "v1").returncode == 0
    assert page(apt_server, app)["isql"] == "unixODBC"


def test_unknown_names_are_told_with_their_lines(apt_server: Server):
    assert told(apt_server, APPS / "unknown-system-packages", "unknown").startswith(
        "The Aptfile names packages that there are not.\n"
        "Line 1: no repository has a package named unixodbcc.\n"
        "Line 2: no repository has a package named no-such-package-anywhere.\n"
        "Next: For unixodbcc: unixodbc"
    )


@pytest.fixture(scope="module")
def signed(repository: AptRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture app with the address of the test's repository, and its key."""
    tree = copied("aptfile_with_untrusted_repo", tmp_path_factory.mktemp("signed") / "app")
    text = (tree / "Aptfile").read_text()
    (tree / "Aptfile").write_text(text.replace("https://apt.example.com/debian", repository.url))
    (tree / "keys").mkdir()
    shutil.copy(repository.key, tree / "keys/acme.asc")
    return tree


def test_a_repository_with_an_unknown_certificate_is_refused_by_its_issuers_name(
    apt_server: Server, signed: Path, repository: AptRepository
):
    said = told(apt_server, signed, "acme")
    assert said == (
        "The certificate of a package repository is not trusted.\n"
        f"Line 2 of the Aptfile: {repository.url} shows a certificate issued by "
        f"{issuer(said)} (unable to get local issuer certificate).\n"
        "Next: Use a server whose certificate comes from a publicly trusted authority, or ask the "
        "operator to add the issuer's to the file in the setting ca_bundle.\n"
    )
    assert ISSUER in issuer(said)


def issuer(said: str) -> str:
    return said.partition("issued by ")[2].partition(" (")[0]


@pytest.fixture(scope="module")
def trusting(apt_server: Server, repository: AptRepository) -> Server:
    """The same server once its operator has added the authority."""
    with (apt_server.data / "portico.toml").open("a") as settings:
        settings.write(f'ca_bundle = "{repository.authority}"\n')
    assert apt_server.cli("server", "restart", "--data", str(apt_server.data)).returncode == 0
    return apt_server


def test_a_repository_that_the_operator_trusts_installs_packages_with_their_scripts(
    trusting: Server, signed: Path
):
    deploy(trusting, signed, "acme")
    assert page(trusting, "acme") == {
        "says": "portico-acme speaks\n",
        "replaced": ["Only_This"],
        "removed": False,
        "linked": "Arctic",
        "script": ["user 0", "inside ", "secrets 0", "no mounts", "no sysctl"],
    }


@pytest.mark.parametrize("key", ["other", "none"])
def test_a_repository_that_is_not_signed_as_the_aptfile_says_is_refused(
    trusting: Server, signed: Path, repository: AptRepository, tmp_path: Path, key: str
):
    tree = shutil.copytree(signed, tmp_path / "app")
    shutil.copy(repository.other_key, tree / "keys/acme.asc")
    if key == "none":
        text = (tree / "Aptfile").read_text()
        (tree / "Aptfile").write_text(text.replace("signed-by=keys/acme.asc ", ""))
    named = "keys/acme.asc" if key == "other" else "none, so Debian's own keys count"
    assert told(trusting, tree, "acme").startswith(
        "A package repository is not signed as the Aptfile says.\n"
        f"Line 2 of the Aptfile, {repository.url}. The key that it names: {named}.\n"
    )
    assert page(trusting, "acme")["says"] == "portico-acme speaks\n"


def test_a_deb_file_is_installed_with_what_it_depends_on(
    trusting: Server, repository: AptRepository, tmp_path: Path
):
    file = f"{repository.url}/pool/portico-acme.deb"
    tree = copied("aptfile_with_untrusted_repo", tmp_path / "app", Aptfile=f"{file}\n")
    log = deploy(trusting, tree, "filed")
    assert f"Downloading {file}\n" in log
    assert page(trusting, "filed")["says"] == "portico-acme speaks\n"


def test_a_file_that_is_not_there_and_a_script_that_fails_are_told(
    trusting: Server, repository: AptRepository, tmp_path: Path
):
    file = f"{repository.url}/pool/portico-broken.deb"
    missing = f"{repository.url}/gone.deb"
    tree = copied("works", tmp_path / "app", Aptfile=f"tini\n{missing}\n")
    assert told(trusting, tree, "broken") == (
        "A file that the Aptfile names cannot be downloaded.\n"
        f"Line 2: {missing}. It answered 404: File not found.\n"
        "Next: Open the address in a browser; correct the line, and deploy again.\n"
    )
    (tree / "Aptfile").write_text(f"{file}\n")
    said = told(trusting, tree, "broken")
    assert said.startswith("The package portico-broken could not be set up.\n")
    assert "I cannot" in said
    assert not list(trusting.layout.apps.glob("*/apt/*.new"))


def test_without_root_packages_are_installed_by_subordinate_ids(
    stacks: Path, apt_server: Server, app: str, monkeypatch: pytest.MonkeyPatch
):
    """In a home that is closed to all others; the stack lies there as after a stop of the server."""
    with ordinary_user() as user:
        monkeypatch.setenv("PORTICO_RUNTIME", str(user.home / "run"))
        user.home.chmod(0o700)
        data = user.home / "data"
        session_stacks.copy(stacks, Layout(data), user.uid)
        with started(data, user) as server:
            tree = copied("works", user.home / "app", Aptfile="tini\n")
            assert "Setting up tini" in deploy(server, tree, "small")
            ran = server.cli("run", "small", "--", "sh", "-c", "tini --version; stat -c %U /usr")
            assert ran.stdout.split()[0] == "tini"
            assert ran.stdout.split()[-1] == "root"
