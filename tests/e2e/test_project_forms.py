"""Apps that bring more than names of packages, built in the real sandbox, and their logs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.builder.packages import project
from tests.servers import Server

WORKS = Path(__file__).resolve().parents[1] / "apps" / "works"


@pytest.fixture
def app(server: Server):
    assert server.cli("apps", "create", "forms").returncode == 0
    yield "forms"
    server.cli("apps", "destroy", "forms", "--yes")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def layers(server: Server, app: str) -> list[str]:
    done = server.cli("logs", app, "--build")
    return [line for line in done.stdout.splitlines() if line.startswith(("Using", "Building"))]


def test_a_project_in_a_folder_of_the_app(server: Server, app: str, tmp_path: Path):
    tree = shutil.copytree(WORKS, tmp_path / "app")
    program = (tree / "app.py").read_text()
    write(tree, {"requirements.txt": "-e ./delta\n", **project("delta")})
    write(tree, {"app.py": f"import delta\n{program}"})
    done = server.cli("deploy", str(tree), "--app", app, "--yes")
    assert done.returncode == 0, done.stderr
    assert server.get(f"/{app}/").status_code == 200
    first, python, environment = layers(server, app)
    assert first == "Building app files"
    assert python.startswith("Using cached Python 3.")
    assert environment.startswith("Building environment of requirements.txt for Python 3.")
    write(tree, {"app.py": f"import delta  # again\n{program}"})
    done = server.cli("deploy", str(tree), "--app", app, "--yes")
    assert done.returncode == 0, done.stderr
    again = layers(server, app)
    assert again[0].startswith("Building app files because the source changed from ")
    assert again[2] == environment.replace("Building", "Using cached")
    write(tree, {"delta/pyproject.toml": project("delta")["delta/pyproject.toml"] + "\n"})
    done = server.cli("deploy", str(tree), "--app", app, "--yes", "--no-cache")
    assert done.returncode == 0, done.stderr
    assert layers(server, app)[2] == (
        f"{environment} because delta/pyproject.toml changed and --no-cache was given"
    )


def test_a_lock_file_of_uv_that_names_nothing_from_elsewhere(
    server: Server, app: str, tmp_path: Path
):
    tree = shutil.copytree(WORKS, tmp_path / "app")
    declared = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
    write(tree, {"pyproject.toml": declared + "dependencies = []\n"})
    subprocess.run([find_uv_bin(), "lock", "-q", "--offline"], cwd=tree, check=True)
    done = server.cli("deploy", str(tree), "--app", app, "--yes")
    assert done.returncode == 0, done.stderr
    assert layers(server, app)[2].startswith("Building environment of uv.lock for Python 3.")
    shown = server.cli("logs", app, "--build").stdout
    assert "Warning: Packages come from uv.lock; ignored: requirements.txt.\n" in shown
