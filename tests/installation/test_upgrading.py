"""Another version in the place of the current one: what is done, and what is done when it fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.installation.facts import Facts
from portico.installation.source import Source
from portico.installation.steps import (
    Link,
    MakeFolder,
    MakeVersion,
    Rehearse,
    Remove,
    Restart,
    Run,
    TakeBack,
)
from portico.installation.upgrading import Plan, newest, plan, upgrade
from tests.installation.test_installing import DATA, INSTALLED, PLACES, PREFIX

NEW = PREFIX / "versions/0.3.0"
OLD = PREFIX / "versions/0.2.0"
WHEEL = "/w/portico-0.3.0-py3-none-any.whl"
SERVING = replace(INSTALLED, running="0.2.0")
CLEAR = Run((f"{NEW}/bin/portico", "server", "install"))


def planned(facts: Facts) -> Plan:
    return plan(facts, "0.3.0", Source(WHEEL), PLACES)


def test_a_new_version_is_made_and_tried_before_anything_that_serves_is_touched():
    facts = replace(SERVING, versions=frozenset({"0.0.9", "0.1.0", "0.2.0"}))
    assert planned(facts) == Plan(
        before="0.2.0",
        after="0.3.0",
        prepare=(
            MakeVersion(NEW, Path("/usr/bin/python3"), WHEEL),
            Rehearse(NEW, DATA, PREFIX / "upgrade.json"),
        ),
        switch=(Link(PREFIX / "current", NEW), Restart(DATA, "0.3.0")),
        back=(
            Link(PREFIX / "current", OLD),
            TakeBack(NEW, DATA, PREFIX / "upgrade.json"),
            Restart(DATA, "0.2.0"),
        ),
        clear=(CLEAR, Remove(PREFIX / "versions/0.0.9"), Remove(PREFIX / "versions/0.1.0")),
    )


def test_extras_that_the_server_has_come_along():
    made = planned(replace(SERVING, extras=("saml",))).prepare[0]
    python = Path("/usr/bin/python3")
    assert made == MakeVersion(NEW, python, f"portico[saml] @ file://{WHEEL}")


def test_a_server_that_does_not_run_is_not_restarted():
    found = planned(replace(SERVING, runs=None, running=""))
    assert found.switch == (Link(PREFIX / "current", NEW),)


def test_an_upgrade_that_was_killed_before_the_switch_is_tried_again():
    found = planned(replace(SERVING, versions=frozenset({"0.2.0", "0.3.0"})))
    assert found.prepare == (Rehearse(NEW, DATA, PREFIX / "upgrade.json"),)
    assert found.switch == (Link(PREFIX / "current", NEW), Restart(DATA, "0.3.0"))


def test_an_upgrade_that_was_killed_before_the_restart_is_finished():
    """Not rehearsed again: the new version may have begun to change the database."""
    found = planned(replace(SERVING, versions=frozenset({"0.2.0", "0.3.0"}), current="0.3.0"))
    assert (found.before, found.prepare) == ("0.2.0", ())
    assert found.switch == (Restart(DATA, "0.3.0"),)
    assert found.back[0] == Link(PREFIX / "current", OLD)


def test_the_version_that_serves_needs_no_upgrade():
    assert plan(SERVING, "0.2.0", Source(WHEEL), PLACES).steps == ()


def test_what_is_not_installed_cannot_be_upgraded():
    with pytest.raises(PorticoError) as refused:
        planned(Facts())
    assert (refused.value.title, refused.value.detail, refused.value.hint) == (
        "No server is installed here.",
        "There is no /opt/portico/installation.json.",
        "Give the folder with --prefix, or install one with `portico server install`.",
    )


def test_a_file_knows_its_version_and_of_the_rest_the_operator_may_say_it():
    assert newest(Source(WHEEL), None) == "0.3.0"
    assert newest(Source("/srv/wheels"), "0.4.0") == "0.4.0"


def failing(tmp_path: Path, *, back: str = "true") -> Plan:
    """One whose switch fails."""
    return Plan(
        "0.2.0",
        "0.3.0",
        prepare=(MakeFolder(tmp_path / "prepared"),),
        switch=(MakeFolder(tmp_path / "switched"), Run(("sh", "-c", "echo broken >&2; exit 1"))),
        back=(Remove(tmp_path / "switched"), Run((back,))),
        clear=(MakeFolder(tmp_path / "cleared"),),
    )


def test_a_failure_leaves_what_served_serving_and_says_so(tmp_path: Path):
    said: list[str] = []
    with pytest.raises(PorticoError) as failed:
        upgrade(failing(tmp_path), said.append)
    assert (failed.value.title, failed.value.detail, failed.value.hint) == (
        "The upgrade to 0.3.0 has failed. 0.2.0 serves as before.",
        "This could not be done: Run sh -c 'echo broken >&2; exit 1' broken",
        "Correct it, then run the same command again: it goes on where it has stopped.",
    )
    assert "0.3.0 does not serve. Going back to 0.2.0." in said
    assert [path.name for path in tmp_path.iterdir()] == ["prepared"]


def test_a_way_back_that_fails_too_is_not_hidden(tmp_path: Path):
    with pytest.raises(PorticoError) as failed:
        upgrade(failing(tmp_path, back="false"), print)
    assert (failed.value.title, failed.value.detail, failed.value.hint) == (
        "The upgrade to 0.3.0 has failed, and so has the way back.",
        "This could not be done: Run sh -c 'echo broken >&2; exit 1' broken "
        "Then: This could not be done: Run false Exit code 1.",
        "Correct it, then run the same command again: it goes on where it has stopped. "
        "Start the server anew as soon as that is corrected.",
    )
