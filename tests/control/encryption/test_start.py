"""Web's start: with a wrong key, without one, and on a database from before there were keys."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.control.encryption.keyring import FILE
from portico.control.encryption.keys import Key, read_file, replace_file
from tests.control.running import Web, database, poll

SECRET = "correct horse battery staple"

# Rows as the first version of Portico has written them.
BEFORE = f"""
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
call_command("migrate", "auth", verbosity=0)
call_command("migrate", "control", "0001", verbosity=0)
state = MigrationExecutor(connection).loader.project_state([("control", "0001_initial")])
model = lambda name: state.apps.get_model("control", name)
from django.contrib.auth.models import User
User.objects.create(username="admin", is_superuser=True)
alice = User.objects.create(username="alice")
app = model("App").objects.create(name="polls", owner_id=alice.pk)
model("Event").objects.create(app="polls", user="alice", verb="create")
model("ConfigVar").objects.create(app=app, name="A", value={SECRET!r})
source = model("Source").objects.create(sha256="0" * 64, size=1)
result = {{"slug": {{"build": 1}}, "processes": {{"web": "x"}}}}
build = model("Build").objects.create(app=app, source=source, result=result)
release = model("Release").objects.create(
    app=app, version=1, build=build, config={{"A": {SECRET!r}}}, state="live", path_mode="mount"
)
app.current = release
app.save()
model("PlanClock").objects.create(epoch="x", version=2)
model("PlanRow").objects.create(app_id=app.pk, version=1, document={{"config": {SECRET!r}}})
model("PlanRow").objects.create(app_id=99, version=2, document=None)
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """Not started."""
    with tempfile.TemporaryDirectory(prefix="portico-") as folder, database() as variables:
        web = Web(Path(folder), variables)
        yield web
        web.close()


def control(web: Web, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "portico.control", *words]
    return subprocess.run(argv, env=web.environment, capture_output=True, text=True, check=False)


def key_file(web: Web) -> Path:
    return web.data / "web" / FILE


def test_a_missing_or_a_wrong_key_is_an_error_at_the_start(web: Web) -> None:
    web.token()
    (right,), wrong = read_file(key_file(web)), Key.new()
    key_file(web).unlink()
    done = control(web, "rotate-key")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == refusal(web, right, "has none")
    assert not key_file(web).exists()
    replace_file(key_file(web), (wrong,))
    web.start()
    assert web.process is not None
    assert web.process.wait(60) == 1
    said = (web.folder / "web.log").read_text()
    assert said == refusal(web, right, f"has the key {wrong.id} instead")
    assert read_file(key_file(web)) == (wrong,)


def refusal(web: Web, needed: Key, found: str) -> str:
    return (
        "The encryption key is not that of this database.\n"
        f"The database needs the key {needed.id}; {key_file(web)} {found}.\n"
        "Next: Put the key back, from the backup that the database came from. Nothing was "
        "changed.\n"
    )


def test_a_key_in_the_environment_stands_for_the_file(web: Web) -> None:
    key = Key.new()
    web.extra["PORTICO_ENCRYPTION_KEYS"] = key.text
    web.token()
    assert not key_file(web).exists()
    web.extra["PORTICO_ENCRYPTION_KEYS"] = Key.new().text
    done = control(web, "token")
    assert done.stderr.startswith("The encryption key is not that of this database.\n")
    assert f"needs the key {key.id}; PORTICO_ENCRYPTION_KEYS has" in done.stderr


def test_a_database_from_before_is_encrypted_and_keeps_no_plain_text(web: Web) -> None:
    environment = {**web.environment, "DJANGO_SETTINGS_MODULE": "portico.control.settings"}
    (web.data / "web").mkdir()
    subprocess.run([sys.executable, "-c", BEFORE], env=environment, check=True)
    web.log_in(web.token())
    for found in (web.data / "web").glob("portico.sqlite3*"):
        assert SECRET.encode() not in found.read_bytes()
    web.start()
    poll(lambda: web.router.get("/-/ready").status_code == 200)
    assert web.api("GET", "/apps/polls/config").json() == {"A": SECRET}
    assert web.api("GET", "/apps/polls").json()["owner"] == "alice"
    assert web.api("GET", "/apps/polls").json()["access"] == "restricted"
    assert web.api("POST", "/apps/polls/restarts").status_code == 202
    (plan,) = [app for app in web.agent.get("/plan").json()["apps"].values() if app]
    assert plan["current"]["config"] == {"A": SECRET}
