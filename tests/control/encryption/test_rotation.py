"""A new key for a database that is in use, and what an interruption leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from portico.control.encryption import rotation
from portico.control.encryption.check import require_keys
from portico.control.encryption.keyring import FILE, Keyring, keyring
from portico.control.encryption.keys import Key, read_file
from portico.control.models import App, EncryptionKey, PlanRow, Webhook
from portico.control.models.config import config_of
from portico.control.models.webhook import add_webhook
from portico.errors import PorticoError
from tests.control.running import Web, poll, web_process

VARS = {"A": "1", "B": "2"}
HOOK = "https://example.org/"


class PowerCutError(Exception):
    pass


@pytest.fixture
def file(folders: Path) -> Path:
    return folders / "web" / FILE


@pytest.fixture
def apps(transactional_db: None) -> list[App]:
    """Two, with the vars above."""
    require_keys()
    alice = User.objects.create(username="alice")
    made = [App.create(name, alice) for name in ("polls", "blog")]
    for app in made:
        app.set_config(VARS, alice)
        add_webhook(app, HOOK, [], alice)
    return made


def read_all(apps: list[App], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process does that is started now."""
    fresh = Keyring(keyring().file, keyring().setting)
    with monkeypatch.context() as patched:
        patched.setattr("portico.control.encryption.field.keyring", lambda: fresh)
        patched.setattr("portico.control.encryption.check.keyring", lambda: fresh)
        require_keys()
        assert [config_of(app) for app in apps] == [VARS] * len(apps)
        assert [hook.url for hook in Webhook.objects.all()] == [HOOK] * len(apps)
        assert all(hook.secret.startswith("whsec_") for hook in Webhook.objects.all())
        assert all(row.document["name"] for row in PlanRow.objects.all())


def test_after_a_rotation_the_old_key_is_needed_for_nothing(
    apps: list[App], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = read_file(file)
    done = rotation.rotate()
    (new,) = read_file(file)
    assert new != old
    assert str(done) == f"Encrypted 10 values with the new key {new.id}."
    assert EncryptionKey.needed() == {new.id}
    read_all(apps, monkeypatch)


@pytest.mark.parametrize("step", ["_introduce_key", "_renew_app", "_renew_rest", "replace_file"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interruption_leaves_all_readable_and_the_next_run_finishes(
    apps: list[App], file: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    real, calls = getattr(rotation, step), []

    def interrupted(*args: Any) -> Any:
        calls.append(args)
        # The file is replaced twice; of the apps the second one is left.
        if len(calls) == {"replace_file": 2}.get(step, 1):
            if when == "after":
                real(*args)
            raise PowerCutError
        return real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(rotation, step, interrupted)
        with pytest.raises(PowerCutError):
            rotation.rotate()
    read_all(apps, monkeypatch)
    rotation.rotate()
    assert len(read_file(file)) == 1
    read_all(apps, monkeypatch)


def test_keys_of_the_setting_are_put_there_by_the_operator(
    apps: list[App], settings: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = read_file(file)[0], Key.new()

    def give(*keys: Key) -> None:
        text = ",".join(key.text for key in keys)
        settings.PORTICO = settings.PORTICO.model_copy(update={"encryption_keys": text})

    give(old)
    with pytest.raises(PorticoError) as error:
        rotation.rotate()
    assert error.value.as_dict() == {
        "title": "There is no new key.",
        "detail": "The keys come from the setting PORTICO_ENCRYPTION_KEYS, and all is encrypted "
        "with its first.",
        "hint": "Put a new one in front (`openssl rand -base64 32`), a comma between, run "
        "`portico server restart`, then this again.",
    }
    give(new, old)
    assert str(rotation.rotate()) == (
        f"Encrypted 10 values with the new key {new.id}.\n"
        "The other keys can be taken out of PORTICO_ENCRYPTION_KEYS now."
    )
    give(new)
    read_all(apps, monkeypatch)


def rotate_key(web: Web) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "portico.control", "rotate-key"],
        env=web.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_half_way(web: Web, file: Path) -> None:
    """With few values the file has both keys for a moment only: looked for without a pause, and
    again when it was missed."""
    for _ in range(20):
        rotating = rotate_key(web)
        while rotating.poll() is None:
            if len(read_file(file)) == 2:
                rotating.kill()
                break
        rotating.communicate()
        if rotating.returncode == -signal.SIGKILL:
            return
    raise AssertionError("it was always done before it could be killed")


def test_web_goes_on_writing_while_its_key_is_changed_or_that_is_killed() -> None:
    with web_process() as web:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        ended, written = threading.Event(), []

        def write() -> None:
            while not ended.is_set():
                name = f"app-{len(written)}"
                assert web.api("POST", "/apps", json={"name": name}).status_code == 201
                body = {"A": name}
                assert web.api("PATCH", f"/apps/{name}/config", json=body).status_code == 202
                written.append(name)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            poll(lambda: written)
            file = web.data / "web" / FILE
            kill_half_way(web, file)
            count = len(written)
            poll(lambda: len(written) > count)
            finished = rotate_key(web)
            assert (finished.wait(60), finished.communicate()[1]) == (0, "")
            count = len(written)
            poll(lambda: len(written) > count)
        finally:
            ended.set()
            writing.join()
        assert len(read_file(file)) == 1
        assert web.end() == 0
        web.start()
        for name in written:
            assert web.api("GET", f"/apps/{name}/config").json() == {"A": name}
        assert len(web.agent.get("/plan").json()["apps"]) == len(written)
