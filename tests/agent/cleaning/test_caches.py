"""What goes from the package caches, and that they still do their work afterwards."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from uv import find_uv_bin

from portico.agent.cleaning.caches import Entry, measured, remove, surplus
from portico.layout import Layout
from tests.wheels import write_wheel

PYTHON = Path("/data/python")
MB = 1 << 20


def entry(name: str, since: float, size: int) -> Entry:
    return Entry(PYTHON, "cache", "archive-v0", name, since, size)


def test_the_oldest_go_until_the_rest_fits() -> None:
    old, middle, new = entry("b", 1, 3 * MB), entry("c", 2, 4 * MB), entry("a", 3, 5 * MB)
    assert surplus([new, middle, old], 12 * MB) == ()
    assert surplus([new, middle, old], 11 * MB) == (old,)
    assert surplus([new, middle, old], 5 * MB) == (old, middle)
    assert surplus([new, middle, old], 0) == (old, middle, new)


def test_what_an_environment_uses_as_well_would_free_nothing_and_stays() -> None:
    linked, other = entry("a", 1, 4096), entry("b", 2, MB)
    assert surplus([linked, other], 0) == (other,)


def test_the_rest_of_a_removal_that_was_cut_off_goes_whatever_its_size() -> None:
    left = entry(".removing-a", 5, 10)
    assert surplus([left, entry("b", 1, MB)], 2 * MB) == (left,)


def test_an_entry_counts_what_its_removal_frees(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    own = layout.app_python(7) / "cache" / "sdists-v9" / "built"
    archive = layout.python / "cache" / "archive-v0" / "used"
    alone = layout.python / "cache" / "archive-v0" / "alone"
    conda = layout.python / "conda" / "channel" / "package.conda"
    environment = layout.python / "envs" / "e"
    for folder in (own, archive, alone, conda.parent, environment):
        folder.mkdir(parents=True)
    (layout.python / "cache" / ".lock").touch()
    for file in (own / "f", archive / "f", alone / "f", conda):
        file.write_bytes(b"x" * MB)
    os.link(archive / "f", environment / "f")
    found = {found.path: found.size for found in measured(layout)}
    assert set(found) == {own, archive, alone, conda}
    assert found[archive] < MB <= min(found[own], found[alone], found[conda])


def test_a_link_in_place_of_a_cache_leads_nowhere(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")
    precious = tmp_path / "outside" / "bucket" / "precious"
    precious.mkdir(parents=True)
    layout.app_python(7).mkdir(parents=True)
    (layout.app_python(7) / "cache").symlink_to(precious.parent.parent)
    (layout.app_python(7) / "conda").mkdir()
    (layout.app_python(7) / "conda" / "bucket").symlink_to(precious.parent)
    assert measured(layout) == []
    for cache in ("cache", "conda"):
        remove([Entry(layout.app_python(7), cache, "bucket", "precious", 0)])
    assert precious.is_dir()


def test_uv_gets_again_what_was_removed_under_it(tmp_path: Path) -> None:
    layout, index = Layout(tmp_path), tmp_path / "index"
    index.mkdir()
    write_wheel(index, "shelf", "1.0", {"shelf.py": "x = 1\n" * 20_000})
    install(layout, index, "one")
    subprocess.run(("rm", "-rf", layout.python / "envs"), check=True)
    archive = next(e for e in measured(layout) if e.bucket.startswith("archive"))
    assert surplus(measured(layout), 0) == (archive,)
    remove([archive])
    assert not archive.path.exists()
    install(layout, index, "two")


def install(layout: Layout, index: Path, name: str) -> None:
    environment = layout.python / "envs" / name
    uv = (find_uv_bin(), "--cache-dir", str(layout.python / "cache"), "--no-config", "--quiet")
    variables = {"PATH": "/usr/bin:/bin", "UV_DEFAULT_INDEX": index.as_uri()}
    variables["UV_FIND_LINKS"] = index.as_uri()
    subprocess.run((*uv, "venv", environment), env=variables, check=True)
    python = environment / "bin" / "python"
    subprocess.run((*uv, "pip", "install", "--python", python, "shelf"), env=variables, check=True)
    subprocess.run((python, "-c", "import shelf"), check=True)
