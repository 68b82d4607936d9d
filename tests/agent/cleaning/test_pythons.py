"""Which interpreters nobody uses any more."""

from __future__ import annotations

from pathlib import Path

from portico.agent.cleaning import pythons
from portico.agent.cleaning.pythons import unused
from portico.agent.slugs import Record, record_path, write_record
from portico.builder.cache_keys import EnvironmentKey
from portico.layout import Layout
from portico.wire import BuildResult, Slug

OLD, NEW = "cpython-3.12.1-linux-x86_64-gnu", "cpython-3.12.9-linux-x86_64-gnu"
LINK, OTHER = "cpython-3.12-linux-x86_64-gnu", "cpython-3.9.2-linux-x86_64-gnu"
ALL = {OLD: "", NEW: "", LINK: NEW, OTHER: "", ".lock": "", ".temp": ""}


def test_interpreters_that_no_slug_runs_on_go() -> None:
    assert unused(ALL, {"3.12.9"}) == (OLD, OTHER)
    assert unused(ALL, {"3.9.2"}) == (LINK, OLD, NEW)
    assert unused(ALL, set()) == (LINK, OLD, NEW, OTHER)


def test_a_slug_that_knows_its_python_less_exactly_keeps_all_that_it_may_be() -> None:
    assert unused(ALL, {"3.12", "3.1"}) == (OTHER,)


def test_what_a_kept_link_leads_to_stays() -> None:
    assert unused(ALL, {"3.12.1"}) == (OTHER,)


def test_the_rest_of_a_removal_that_was_cut_off_goes() -> None:
    assert unused({f".removing-{OLD}": "", NEW: ""}, {"3.12.9"}) == (f".removing-{OLD}",)


def test_interpreters_are_removed_by_what_the_records_of_slugs_say(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    folder = layout.python / "pythons"
    for name in (OLD, NEW, OTHER):
        (folder / name / "bin").mkdir(parents=True)
    (folder / LINK).symlink_to(NEW)
    slug(layout, 1, "3.12.9")
    used = pythons.used_by_slugs(layout)
    assert used == {"3.12.9", "3.12"}
    pythons.remove_unused(layout, {"3.12.9"})
    assert sorted(path.name for path in folder.iterdir()) == [LINK, NEW]


def test_a_record_of_another_version_stops_the_removal(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    slug(layout, 1, "3.12.9")
    slug(layout, 2, "3.9.2")
    record_path(layout, 2, 1).write_text('{"from": "tomorrow"}')
    assert pythons.used_by_slugs(layout) is None


def slug(layout: Layout, app_id: int, python: str) -> None:
    layout.slug(app_id, 1).mkdir(parents=True)
    key = EnvironmentKey("s", python.rpartition(".")[0], "1", "requirements.txt", ())
    result = BuildResult(slug=Slug(build=1, python=python), processes={})
    write_record(layout, app_id, Record(result=result, key=key))
