"""What the report of the disk says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from portico.agent.cleaning.contents import Part, contents, report
from portico.agent.cleaning.sizes import sizes
from portico.agent.slugs import Record, write_record
from portico.builder.cache_keys import EnvironmentKey
from portico.disk_use import AppContents, Contents, Environment
from portico.layout import Layout
from portico.wire import BuildResult, Slug

HERE = Path("/data")
MB = 1 << 20
ENVIRONMENT = "a" * 32


def test_sizes_find_their_places() -> None:
    found = [
        (Part("slug", "3", HERE, 7), 10),
        (Part("slug", "4", HERE, 7), 11),
        (Part("app", "data", HERE, 7), 12),
        (Part("environment", "own", HERE, 7), 13),
        (Part("environment", "shared", HERE), 14),
        (Part("python", "cpython-3.12.1-linux", HERE), 15),
        (Part("stack", "debian", HERE), 16),
        (Part("cache", "conda", HERE), 17),
        (Part("server", "git", HERE), 18),
        (Part("app", "data", HERE, 9), 19),
    ]
    assert report(found, {"shared": [(7, 3), (9, 1)]}, free=5) == Contents(
        total=145,
        free=5,
        apps=(AppContents(7, {3: 10, 4: 11}, {"data": 12}), AppContents(9, {}, {"data": 19})),
        environments=(
            Environment("own", 7, 13, ()),
            Environment("shared", None, 14, ((7, 3), (9, 1))),
        ),
        caches={"conda": 17},
        pythons={"cpython-3.12.1-linux": 15},
        stacks={"debian": 16},
        server={"git": 18},
    )


def test_linked_files_count_once_and_all_parts_make_up_the_whole(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    archive = layout.python / "cache" / "archive-v0" / "one"
    environment = layout.python / "envs" / ENVIRONMENT
    for folder in (archive, environment, layout.slug(7, 3), layout.app_data(7), layout.sources):
        folder.mkdir(parents=True)
    for file in (archive / "f", layout.slug(7, 3) / "f", layout.app_data(7) / "f"):
        file.write_bytes(b"x" * MB)
    os.link(archive / "f", environment / "f")
    key = EnvironmentKey("s", "3.11", "1", "requirements.txt", ())
    slug = Slug(build=3, environment=ENVIRONMENT)
    write_record(layout, 7, Record(result=BuildResult(slug=slug, processes={}), key=key))
    found = contents(layout)
    assert found.environments[0].bytes >= MB
    assert found.environments[0].builds == ((7, 3),)
    assert found.caches["cache"] < MB
    assert found.apps[0].slugs[3] >= MB
    assert found.apps[0].parts["data"] >= MB
    whole = subprocess.check_output(("du", "--summarize", "--block-size=1", tmp_path))
    assert found.total == int(whole.split()[0])


def test_what_is_not_there_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x" * MB)
    there, gone = sizes([tmp_path / "there", tmp_path / "gone"])
    assert there >= MB
    assert gone == 0
    assert sizes([tmp_path / "gone"]) == [0]
