"""What is removed from the disk, and what never is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from portico.agent.cleaning import disk
from portico.agent.cleaning.disk import Found, Held, Removals, collect, collect_orphans, removals
from portico.agent.slugs import Record, is_whole, record_path, remove, set_aside, write_record
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.order import MARKER
from portico.layout import Layout
from portico.wire import BuildResult, Slug

A, B, C = "a" * 32, "b" * 32, "c" * 32
KEY = EnvironmentKey("s", "3.11", "1", "requirements.txt", ())


def record(build: int, environment: str, *, shared: bool = True) -> Record:
    slug = Slug(build=build, environment=environment, shared=shared)
    return Record(result=BuildResult(slug=slug, processes={}), key=KEY)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def add_slug(
    layout: Layout, app: int, build: int, environment: str, *, shared: bool = True
) -> None:
    slug = layout.slug(app, build)
    slug.mkdir(parents=True)
    (slug / "app.py").touch()
    add_environment(layout.python if shared else layout.app_python(app), environment)
    write_record(layout, app, record(build, environment, shared=shared))


def add_environment(python: Path, name: str) -> None:
    (python / "envs" / name).mkdir(parents=True, exist_ok=True)
    (python / "envs" / name / MARKER).touch()
    (python / "envs" / f"{name}.lock").touch()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_removes_slugs_that_are_not_kept():
    found = Found({1: record(1, A), 2: record(2, A)})
    assert removals([2], [], [], found) == Removals(slugs=(1,))


def test_removes_an_unfinished_slug_unless_it_is_being_built():
    found = Found({1: None, 2: None})
    assert removals([1, 2], [2], [], found) == Removals(slugs=(1,))


def test_keeps_a_slug_whose_record_cannot_be_read_and_all_that_it_may_run_on():
    found = Found({1: None, 2: record(2, A), 3: None}, frozenset({B}), unread=frozenset({1}))
    assert removals([1], [], [], found) == Removals(slugs=(2, 3))
    assert removals([2], [], [], found) == Removals(slugs=(1, 3), own=(B,))


def test_a_record_of_another_version_stops_the_removal_of_shared_environments(layout: Layout):
    add_slug(layout, 1, 1, A)
    add_slug(layout, 2, 2, B)
    record_path(layout, 2, 2).write_text('{"from": "tomorrow"}')
    add_environment(layout.python, C)
    asyncio.run(collect_orphans(layout))
    asyncio.run(collect(layout, 1, []))
    asyncio.run(collect(layout, 2, [2]))
    assert names(layout.slug(2, 2).parent) == ["2", "2.json"]
    assert {A, B, C} <= set(names(layout.python / "envs"))


def test_asks_for_shared_environments_that_the_app_does_not_name_any_more():
    found = Found({1: record(1, A), 2: record(2, B), 3: record(3, B)})
    assert removals([3], [], [], found) == Removals(slugs=(1, 2), unnamed=(A,))
    assert removals([3], [], [A], found) == Removals(slugs=(1, 2))


def test_removes_environments_of_its_own_that_no_slug_names():
    own = frozenset({A, f"{A}.lock", B, f"{B}.lock", C, f".removing-{C}"})
    found = Found({1: record(1, A, shared=False)}, own)
    assert removals([1], [], [C], found) == Removals(own=(f".removing-{C}", B, f"{B}.lock"))


def test_collects_what_one_app_has_left(layout: Layout):
    add_slug(layout, 1, 1, A)
    add_slug(layout, 1, 2, B)
    add_slug(layout, 1, 3, C, shared=False)
    asyncio.run(collect(layout, 1, [2]))
    assert names(layout.slug(1, 1).parent) == ["2", "2.json"]
    assert names(layout.python / "envs") == [B, f"{B}.lock"]
    assert names(layout.app_python(1) / "envs") == []


def test_leaves_an_environment_that_another_app_names(layout: Layout):
    add_slug(layout, 1, 1, A)
    add_slug(layout, 2, 1, A)
    asyncio.run(collect(layout, 1, []))
    assert names(layout.python / "envs") == [A, f"{A}.lock"]
    asyncio.run(collect(layout, 2, []))
    assert names(layout.python / "envs") == []


def test_leaves_what_a_build_works_on(layout: Layout):
    held = Held()
    add_slug(layout, 1, 1, A)
    layout.slug(1, 2).mkdir()
    with held.build(1, 2), held.environment(A), held.environment(A):
        asyncio.run(collect(layout, 1, [], held))
        asyncio.run(collect_orphans(layout, held))
        assert names(layout.slug(1, 1).parent) == ["2"]
        assert names(layout.python / "envs") == [A, f"{A}.lock"]
    asyncio.run(collect_orphans(layout, held))
    asyncio.run(collect(layout, 1, [], held))
    assert names(layout.slug(1, 1).parent) == []
    assert names(layout.python / "envs") == []


def test_leaves_what_a_build_took_while_it_looked_around(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    add_slug(layout, 1, 1, A)
    held = Held()

    def look(layout: Layout) -> list[Record]:
        """Another app's build comes, uses the environment, and is done."""
        with held.build(2, 1), held.environment(A):
            write_slug_record(layout)
        return []

    def write_slug_record(layout: Layout) -> None:
        layout.slug(2, 1).mkdir(parents=True)
        write_record(layout, 2, record(1, A))

    monkeypatch.setattr(disk.slugs, "all_records", look)
    asyncio.run(collect(layout, 1, [], held))
    assert names(layout.python / "envs") == [A, f"{A}.lock"]


def test_collects_what_crashes_have_left(layout: Layout):
    add_slug(layout, 1, 1, A)
    add_environment(layout.python, B)
    (layout.python / "envs" / f".removing-{C}").mkdir()
    asyncio.run(collect_orphans(layout))
    assert names(layout.python / "envs") == [A, f"{A}.lock"]


def test_ends_removals_that_a_crash_has_broken_off(layout: Layout):
    add_slug(layout, 1, 2, A)
    (layout.slug(1, 2).parent / ".removing-1").mkdir()
    (layout.slug(1, 2).parent / "3.new").touch()
    asyncio.run(collect(layout, 1, [2]))
    assert names(layout.slug(1, 1).parent) == ["2", "2.json"]


def test_has_nothing_to_do_on_an_empty_disk(layout: Layout):
    asyncio.run(collect(layout, 1, []))
    asyncio.run(collect_orphans(layout))


def test_follows_no_link_that_an_app_has_made(layout: Layout, tmp_path: Path):
    precious = tmp_path / "precious"
    add_environment(precious, B)
    layout.app_python(1).mkdir(parents=True)
    (layout.app_python(1) / "envs").symlink_to(precious / "envs")
    asyncio.run(collect(layout, 1, []))
    assert names(precious / "envs") == [B, f"{B}.lock"]
    assert not is_whole(layout.app_python(1), B)


def test_follows_no_link_inside_a_slug(layout: Layout, tmp_path: Path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    add_slug(layout, 1, 1, A)
    (layout.slug(1, 1) / "link").symlink_to(precious)
    asyncio.run(collect(layout, 1, []))
    assert names(precious) == ["file"]


def test_an_environment_is_whole_only_with_its_marker(layout: Layout):
    add_environment(layout.python, A)
    assert is_whole(layout.python, A)
    (layout.python / "envs" / A / MARKER).unlink()
    assert not is_whole(layout.python, A)
    (layout.python / "envs" / A / MARKER).symlink_to("/etc/passwd")
    assert not is_whole(layout.python, A)


def test_removes_folders_without_permissions(tmp_path: Path):
    folder = tmp_path / "x" / "locked" / "deep"
    folder.mkdir(parents=True)
    (folder / "file").touch()
    folder.chmod(0)
    folder.parent.chmod(0)
    remove(tmp_path, "x")
    assert names(tmp_path) == []


def test_removes_trees_deeper_than_pythons_recursion(tmp_path: Path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove(tmp_path, "d")
    assert names(tmp_path) == []


def test_setting_aside_what_is_gone_is_nothing(tmp_path: Path):
    assert set_aside(tmp_path, "gone") is None
    remove(tmp_path / "gone", "x")


def test_a_record_without_its_slug_is_removed_too(layout: Layout):
    add_slug(layout, 1, 1, A)
    remove(layout.slug(1, 1).parent, "1")
    asyncio.run(collect(layout, 1, []))
    assert not record_path(layout, 1, 1).exists()


def on_layer(build: int, layer: str | None) -> Record:
    made = record(build, A)
    slug = made.result.slug.model_copy(update={"layer": layer})
    return made.model_copy(update={"result": made.result.model_copy(update={"slug": slug})})


def test_an_apt_layer_stays_as_long_as_a_slug_that_stays_needs_it():
    found = Found({1: on_layer(1, B), 2: on_layer(2, A)}, layers=frozenset({A, B, f"{C}.new"}))
    assert removals([2], [], [], found).layers == tuple(sorted((B, f"{C}.new")))
    assert removals([2], [3], [], found).layers == ()
