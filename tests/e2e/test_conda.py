"""An app with an environment.yml on a server whose operator has a channel of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder.apps import APPS, copied
from tests.channels import LAB, make_channel, served
from tests.servers import Server, started


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not pytest's: the server's users could not get there."""
    folder = Path(tempfile.mkdtemp(prefix="portico-conda-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """Its channel lab is a folder, its channel web is the same one over HTTP."""
    channel = make_channel(folder / "lab", *LAB)
    data = folder / "data"
    data.mkdir()
    with served(channel) as host:
        channels = f'lab = "file://{channel}"\nweb = "http://{host}"\n'
        (data / "portico.toml").write_text(f"[conda_channels]\n{channels}")
        with started(data) as server:
            yield server


def deploy(server: Server, app: Path, *words: str) -> str:
    """The lines of a deploy that goes well."""
    done = server.cli("deploy", str(app), "--app", "works", "--yes", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_an_app_runs_in_its_conda_environment(server: Server):
    told = deploy(server, APPS / "conda_works")
    assert "Solving environment.yml" in told
    assert server.cli("config", "set", "LEVEL=of-the-author", "--app", "works").returncode == 0
    answer = server.get("/works/").json()
    at = answer["CONDA_PREFIX"]
    assert at.startswith("/py/envs/")
    assert answer["prefix"] == at
    assert answer["hello"].startswith(f"{at}/lib/python3.")
    assert (answer["GEO_DATA"], answer["GEO_MODE"]) == (f"{at}/share/geo", "plain")
    assert (answer["MODE"], answer["LEVEL"]) == ("from-the-file", "of-the-author")
    assert answer["PATH"].startswith(f"{at}/geo:{at}/bin:")
    assert answer["CONDA_DEFAULT_ENV"] == "works"
    assert "Using cached environment of environment.yml" in deploy(server, APPS / "conda_works")


def test_the_same_channel_over_http(server: Server, tmp_path: Path):
    app = copied("conda_works", tmp_path)
    text = (app / "environment.yml").read_text()
    (app / "environment.yml").write_text(text.replace("- lab", "- web"))
    told = deploy(server, app)
    assert "Downloading 3 conda packages" in told
    assert server.get("/works/").json()["MODE"] == "from-the-file"


def test_a_link_script_runs_as_the_app_in_its_sandbox(server: Server, tmp_path: Path):
    app = copied("conda_works", tmp_path)
    with (app / "environment.yml").open("a") as file:
        file.write("  SEEN: /\n")
    text = (app / "environment.yml").read_text()
    (app / "environment.yml").write_text(text.replace("- geo", "- geo\n  - scripted"))
    told = deploy(server, app)
    assert "The environment becomes this app's own: the package scripted has a link script" in told
    assert "Running the link script of scripted" in told
    seen = server.cli("run", "works", "--", "sh", "-c", 'cat "$CONDA_PREFIX/seen"; id -u').stdout
    *variables, script, process = seen.split()
    assert script == process
    assert not [line for line in variables if line.startswith(("PORTICO_", "LEVEL="))]
