from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import portico
from portico.cli.demo import READY, _server_environment, example
from portico.layout import Layout
from tests.ports import free_port
from tests.waiting import until


def test_in_a_checkout_the_example_is_the_checkouts():
    assert example() == Path(__file__).resolve().parents[2] / "examples" / "django-polls"


def test_in_an_installed_package_the_example_is_the_packages(tmp_path: Path, monkeypatch):
    packaged = tmp_path / "portico" / "_examples" / "django-polls"
    packaged.mkdir(parents=True)
    monkeypatch.setattr(portico, "__file__", str(tmp_path / "portico" / "__init__.py"))
    assert example() == packaged


def test_the_demo_has_nothing_to_do_with_another_servers_settings(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://precious")
    monkeypatch.setenv("PORTICO_DATABASE_URL", "postgres://precious")
    monkeypatch.setenv("UV_INDEX_URL", "https://packages.test/simple")
    found = _server_environment()
    assert "precious" not in "".join(found.values())
    assert found["UV_INDEX_URL"] == "https://packages.test/simple"


@pytest.mark.registry
def test_in_the_background_too_the_demo_serves_the_example_and_leaves_nothing():
    listen = f"127.0.0.1:{free_port()}"
    # As a shell starts what has a & behind it: SIGINT is ignored until somebody asks for it.
    ignoring = ("env", "--ignore-signal=INT")
    words = (*ignoring, sys.executable, "-m", "portico.cli", "demo", "--listen", listen)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as demo:
        try:
            said = read_until(demo, "4. The app's log, until Ctrl-C:")
            with urllib.request.urlopen(f"http://{listen}/my-django-app/", timeout=30) as page:
                assert page.status == 200
        finally:
            os.kill(demo.pid, signal.SIGINT)
            rest, _ = demo.communicate(timeout=180)
    assert demo.returncode == 0
    assert rest.endswith("Stopping everything.\n")
    folder = said[0].removeprefix("1. A server of its own, in ").partition(";")[0]
    assert folder.startswith("/")
    assert not Path(folder).exists()


def test_a_killed_demo_takes_its_server_along():
    words = (sys.executable, "-m", "portico.cli", "demo", "--listen", f"127.0.0.1:{free_port()}")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as demo:
        folder = Path(demo.stdout.readline().split("in ")[1].partition(";")[0])
        try:
            runtime = Layout(folder / "data").runtime
            assert READY in demo.stdout.readline()
            assert runtime.is_dir()
        finally:
            demo.kill()
            # The server removes it when everything has ended.
            until(lambda: not runtime.exists())
            shutil.rmtree(folder)


def read_until(demo: subprocess.Popen[str], wanted: str) -> list[str]:
    said = []
    for line in demo.stdout:
        said.append(line.rstrip())
        if said[-1] == wanted:
            return said
    raise AssertionError("\n".join(said))
