"""A server is installed, upgraded under requests, killed while it is, and taken away again."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico import __version__
from portico.installation.source import extras_in
from tests.e2e.load import load
from tests.servers import COMMAND_SECONDS, Server
from tests.versions import wheel

pytestmark = [pytest.mark.root, pytest.mark.registry]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask-hello"
NEW, BROKEN = "9.0.0", "9.1.0"
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("control", "{last}")]
    operations = [
        migrations.CreateModel("Added", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""


def break_web(package: Path) -> None:
    """It changes the database, then fails; a copy of the database it changes without complaint."""
    migrations = package / "control" / "migrations"
    last = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / "9999_added.py").write_text(MIGRATION.format(last=last))
    serve = package / "control" / "serve.py"
    serve.write_text(
        serve.read_text().replace("    prepare()\n", '    raise SystemExit("broken")\n', 1)
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    changes = {__version__: lambda _: None, NEW: lambda _: None, BROKEN: break_web}
    return {version: wheel(folder, version, change) for version, change in changes.items()}


class Installed:
    """An installation in a folder of its own, and its server."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "opt" / "portico"
        self.command = folder / "bin" / "portico"
        self.server = Server(folder)
        self.server.portico = (str(self.command),)

    def words(self, verb: str, *words: str) -> tuple[str, ...]:
        return (*self.server.portico, "server", verb, "--prefix", str(self.prefix), *words)

    def install(self, source: Path) -> subprocess.CompletedProcess[str]:
        program = (sys.executable, "-m", "portico.cli", "server", "install")
        places = ("--prefix", str(self.prefix), "--command", str(self.command))
        data = ("--data", str(self.server.data), "--listen", self.server.listen)
        return run(*program, *places, *data, "--from", str(source))

    def version(self) -> str:
        """What runs, as the supervisor says it."""
        found: dict[str, str] = json.loads(self.server.layout.supervisor_state.read_text())
        return found["version"]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """As the operator, whose uv has its cache."""
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False, cwd="/"
    )


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path]) -> Iterator[Installed]:
    folder = Path(tempfile.mkdtemp(prefix="portico-"))
    folder.chmod(0o755)
    found = Installed(folder)
    try:
        done = found.install(wheels[__version__])
        assert done.returncode == 0, done.stderr
        found.server.start()
        words = ("server", "token", "--data", str(found.server.data))
        found.server.token = found.server.cli(*words).stdout.split()[-1]
        app = shutil.copytree(EXAMPLE, folder / "app")
        assert found.server.cli("deploy", str(app), "--app", "hello", "--yes").returncode == 0
        found.server.open_to_all("hello")
        yield found
    finally:
        try:
            with contextlib.suppress(FileNotFoundError):
                found.server.end()
        finally:
            shutil.rmtree(folder)


def processes(server: Server) -> list[tuple[object, ...]]:
    return [(p["name"], p["pid"], p["restarts"]) for p in server.json("ps", "hello")]


def migrations(server: Server) -> set[str]:
    with contextlib.closing(sqlite3.connect(server.layout.database)) as database:
        return {name for (name,) in database.execute("SELECT name FROM django_migrations")}


def test_a_second_installation_does_nothing(installed: Installed, wheels: dict[str, Path]):
    done = installed.install(wheels[__version__])
    assert (done.returncode, done.stdout) == (0, "Portico is installed already.\n")


def test_no_request_fails_while_a_new_version_takes_over(
    installed: Installed, wheels: dict[str, Path]
):
    server = installed.server
    before, router = processes(server), server.pid("router")
    with load(f"{server.url}/hello/") as viewers, load(f"{server.url}/-/ready") as visitors:
        done = run(*installed.words("upgrade", "--from", str(wheels[NEW])))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"Portico {NEW} is installed."
    assert (viewers.failed, visitors.failed) == ([], [])
    assert installed.version() == NEW
    assert (processes(server), server.pid("router")) == (before, router)
    assert server.cli("--version").stdout == f"portico {NEW}\n"
    # The program that has installed it had the extra; its versions have it too.
    for version in (__version__, NEW):
        assert extras_in(installed.prefix / "versions" / version) == {"saml"}
    again = run(*installed.words("upgrade", "--from", str(wheels[NEW])))
    assert (again.returncode, again.stdout) == (0, f"Portico {NEW} is installed already.\n")


def test_a_version_that_does_not_serve_gives_way_to_the_one_before(
    installed: Installed, wheels: dict[str, Path]
):
    server = installed.server
    before, known, version = processes(server), migrations(server), installed.version()
    with load(f"{server.url}/hello/") as viewers, load(f"{server.url}/-/ready") as visitors:
        done = run(*installed.words("upgrade", "--from", str(wheels[BROKEN])))
    title, *_, hint = done.stderr.splitlines()
    assert title == f"The upgrade to {BROKEN} has failed. {version} serves as before."
    assert hint == f"Next: What they say is in {server.layout.platform_logs}."
    assert "broken" in (server.layout.platform_logs / "web.log").read_text()
    assert (viewers.failed, visitors.failed) == ([], [])
    assert (processes(server), migrations(server)) == (before, known)
    assert installed.version() == version


@pytest.mark.parametrize("moment", ["Try ", "Link ", "Restart "])
def test_an_upgrade_that_is_killed_can_be_repeated(
    installed: Installed, wheels: dict[str, Path], moment: str
):
    """Back and forth between two versions, killed as soon as the command says that step."""
    server = installed.server
    before = processes(server)
    wanted = __version__ if installed.version() == NEW else NEW
    argv = installed.words("upgrade", "--from", str(wheels[wanted]))
    with load(f"{server.url}/hello/") as viewers:
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd="/") as process:
            assert process.stdout is not None
            assert any(line.startswith(moment) for line in process.stdout)
            process.send_signal(signal.SIGKILL)
        done = run(*argv)
    assert (done.returncode, done.stderr) == (0, "")
    assert (viewers.failed, installed.version()) == ([], wanted)
    assert processes(server) == before


def test_nothing_is_left_after_it_was_taken_away(installed: Installed):
    folder = installed.server.folder
    done = run(*installed.words("uninstall", "--yes"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Portico is gone from this machine."
    assert sorted(path.name for path in folder.iterdir()) == ["app", "home", "server.log"]
    assert not installed.server.layout.runtime.exists()
