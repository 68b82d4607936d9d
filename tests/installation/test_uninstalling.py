"""What is done so that nothing of an installation is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.installation.facts import Facts
from portico.installation.record import Record
from portico.installation.steps import (
    Remove,
    RemoveEmpty,
    RestoreSettings,
    Run,
    Stop,
    Tell,
)
from portico.installation.uninstalling import plan
from portico.layout import Layout
from tests.installation.test_installing import DATA, INSTALLED, PLACES, PREFIX

FILE = Layout(DATA).changed_sysctls


def test_what_was_made_goes_and_the_program_itself_last():
    made = (PREFIX, DATA, Path("/etc/portico"))
    facts = replace(
        INSTALLED,
        record=Record(DATA, PLACES.command, made),
        texts={**INSTALLED.texts, PLACES.environment: "A=1\n"},
        settings=("net/ipv4/ip_forward", "fs/inotify/max_user_instances"),
    )
    assert plan(facts, PLACES, keep_data=False) == (
        Run(("systemctl", "--quiet", "disable", "--now", "portico.service")),
        Remove(PLACES.unit),
        Run(("systemctl", "daemon-reload")),
        Stop(DATA),
        RestoreSettings(FILE, ("net/ipv4/ip_forward", "fs/inotify/max_user_instances")),
        Remove(Path("/usr/local/bin/portico")),
        Remove(Path("/etc/portico/environment")),
        Remove(DATA),
        RemoveEmpty(Path("/etc/portico")),
        Remove(PREFIX),
    )


def test_data_can_stay():
    assert plan(INSTALLED, PLACES, keep_data=True) == (
        Run(("systemctl", "--quiet", "disable", "--now", "portico.service")),
        Remove(PLACES.unit),
        Run(("systemctl", "daemon-reload")),
        Stop(DATA),
        Remove(Path("/usr/local/bin/portico")),
        Tell("/var/lib/portico stays, with all apps and their data."),
        Remove(PREFIX),
    )


def test_folders_that_were_there_before_stay():
    facts = replace(
        INSTALLED, systemd=None, record=Record(DATA, PLACES.command, ()), texts={}, command=None
    )
    assert plan(facts, PLACES, keep_data=False) == (
        Stop(DATA),
        Tell("/var/lib/portico was there before the installation, so it stays."),
        Remove(PREFIX / "versions"),
        Remove(PREFIX / "current"),
        Remove(PREFIX / "installation.json"),
    )


def test_folders_around_go_when_they_are_empty_inner_ones_first():
    made = ("/opt", "/opt/portico", "/var/lib", "/var/lib/portico", "/usr/local/bin")
    facts = replace(
        INSTALLED,
        systemd=None,
        record=Record(DATA, PLACES.command, tuple(map(Path, made))),
        texts={},
        command=None,
    )
    assert plan(facts, PLACES, keep_data=False) == (
        Stop(DATA),
        Remove(DATA),
        RemoveEmpty(Path("/usr/local/bin")),
        RemoveEmpty(Path("/var/lib")),
        Remove(PREFIX),
        RemoveEmpty(Path("/opt")),
    )


def test_another_unit_and_command_of_the_same_name_stay():
    facts = replace(
        INSTALLED, texts={PLACES.unit: "[Service]\n"}, command=Path("/usr/local/bin/portico")
    )
    assert plan(facts, PLACES, keep_data=False) == (Stop(DATA), Remove(DATA), Remove(PREFIX))


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        (
            Facts(),
            (
                "No server is installed here.",
                "There is no /opt/portico/installation.json.",
                "Give the folder with --prefix, or install one with `portico server install`.",
            ),
        ),
        (
            replace(INSTALLED, root=False),
            (
                "To uninstall a server takes root.",
                "This command runs as an ordinary user.",
                "Run it with sudo. Without root a server needs no installation: "
                "`portico server start`.",
            ),
        ),
    ],
)
def test_what_cannot_be_taken_away_is_explained(facts: Facts, parts: tuple[str, str, str]):
    with pytest.raises(PorticoError) as refused:
        plan(facts, PLACES, keep_data=False)
    assert (refused.value.title, refused.value.detail, refused.value.hint) == parts
