"""What is done so that a server is installed, decided from the facts of the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.installation.facts import Facts, Found
from portico.installation.installing import Wish, plan
from portico.installation.places import Places
from portico.installation.record import Record, to_text
from portico.installation.source import Source
from portico.installation.steps import (
    AwaitReady,
    Link,
    MakeFolder,
    MakeVersion,
    Run,
    Tell,
    WriteFile,
)
from portico.installation.unit import unit

PLACES = Places()
DATA = Path("/var/lib/portico")
PREFIX = Path("/opt/portico")
UNIT = unit(PLACES.program, DATA, PLACES.environment, 257)
WHEELS = Source("/srv/wheels")
SETTINGS = "# Settings of this server. `portico server restart` takes up changes.\n"
EMPTY = Facts(
    systemd=257,
    version="0.2.0",
    missing=frozenset({PREFIX, PREFIX / "versions", DATA, PLACES.environment.parent}),
)
INSTALLED = replace(
    EMPTY,
    missing=frozenset({PLACES.environment.parent}),
    prefix=Found.OURS,
    record=Record(DATA, PLACES.command, (PREFIX, DATA)),
    versions=frozenset({"0.2.0"}),
    current="0.2.0",
    command=PLACES.program,
    texts={
        PLACES.record: to_text(Record(DATA, PLACES.command, (PREFIX, DATA))),
        PLACES.unit: UNIT,
        DATA / "portico.toml": 'listen = "0.0.0.0:80"\n',
    },
    data=Found.OURS,
    runs=4711,
    enabled=True,
    active=True,
)


def refusal(facts: Facts, wish: Wish | None = None) -> tuple[str, str, str]:
    with pytest.raises(PorticoError) as refused:
        plan(facts, wish or Wish(DATA), PLACES)
    return refused.value.title, refused.value.detail, refused.value.hint


def test_an_empty_machine_gets_everything():
    wish = Wish(DATA, "0.0.0.0:80", "http://apps.example", WHEELS, {"HTTPS_PROXY": "http://p:1"})
    assert plan(EMPTY, wish, PLACES) == (
        MakeFolder(PREFIX),
        WriteFile(
            PLACES.record,
            to_text(Record(DATA, PLACES.command, (PREFIX, DATA, Path("/etc/portico")))),
        ),
        MakeFolder(PREFIX / "versions"),
        MakeFolder(DATA, 0o711),
        MakeVersion(
            PREFIX / "versions/0.2.0", Path("/usr/bin/python3"), "portico==0.2.0", WHEELS.options()
        ),
        Link(PREFIX / "current", PREFIX / "versions/0.2.0"),
        Link(Path("/usr/local/bin/portico"), PREFIX / "current/bin/portico"),
        WriteFile(
            DATA / "portico.toml",
            f'{SETTINGS}listen = "0.0.0.0:80"\nurl = "http://apps.example"\n',
        ),
        MakeFolder(Path("/etc/portico")),
        WriteFile(PLACES.environment, 'HTTPS_PROXY="http://p:1"\n', 0o600),
        WriteFile(PLACES.unit, UNIT),
        Run(("systemctl", "daemon-reload")),
        Run(("systemctl", "--quiet", "enable", "portico.service")),
        Run(("systemctl", "start", "portico.service")),
        AwaitReady(DATA),
    )


def test_extras_of_the_program_that_asks_are_installed_too():
    steps = plan(replace(EMPTY, extras=("saml",)), Wish(DATA, source=WHEELS), PLACES)
    made = next(step for step in steps if isinstance(step, MakeVersion))
    assert made.requirement == "portico[saml]==0.2.0"


def test_what_is_done_is_not_done_again():
    assert plan(INSTALLED, Wish(DATA), PLACES) == ()
    assert plan(INSTALLED, Wish(DATA, "0.0.0.0:80"), PLACES) == ()


def test_an_interrupted_installation_goes_on_where_it_stopped():
    stopped = replace(
        INSTALLED,
        current=None,
        command=None,
        runs=None,
        enabled=False,
        active=False,
        texts={PLACES.record: INSTALLED.texts[PLACES.record], PLACES.unit: UNIT},
    )
    assert plan(stopped, Wish(DATA), PLACES) == (
        Link(PREFIX / "current", PREFIX / "versions/0.2.0"),
        Link(Path("/usr/local/bin/portico"), PREFIX / "current/bin/portico"),
        WriteFile(DATA / "portico.toml", SETTINGS),
        Run(("systemctl", "--quiet", "enable", "portico.service")),
        Run(("systemctl", "start", "portico.service")),
        AwaitReady(DATA),
    )


def test_a_unit_of_another_version_is_replaced_and_nothing_restarted():
    texts = {**INSTALLED.texts, PLACES.unit: UNIT.replace("CPUWeight=200\n", "")}
    assert plan(replace(INSTALLED, texts=texts), Wish(DATA), PLACES) == (
        WriteFile(PLACES.unit, UNIT),
        Run(("systemctl", "daemon-reload")),
    )


def test_folders_around_are_made_and_remembered_outer_ones_first():
    places, data = Places(Path("/srv/a/portico"), Path("/srv/b/portico")), Path("/srv/c/data")
    missing = {"/srv", "/srv/a", "/srv/a/portico", "/srv/a/portico/versions", "/srv/b", "/srv/c"}
    facts = replace(EMPTY, systemd=None, missing=frozenset(map(Path, {*missing, "/srv/c/data"})))
    made = ("/srv", "/srv/a", "/srv/a/portico", "/srv/c", "/srv/c/data", "/srv/b")
    steps = plan(facts, Wish(data, source=Source("/w/portico-0.2.0-py3-none-any.whl")), places)
    assert steps == (
        MakeFolder(Path("/srv")),
        MakeFolder(Path("/srv/a")),
        MakeFolder(Path("/srv/a/portico")),
        WriteFile(places.record, to_text(Record(data, places.command, tuple(map(Path, made))))),
        MakeFolder(Path("/srv/a/portico/versions")),
        MakeFolder(Path("/srv/c")),
        MakeFolder(data, 0o711),
        MakeVersion(
            places.version("0.2.0"),
            Path("/usr/bin/python3"),
            "/w/portico-0.2.0-py3-none-any.whl",
        ),
        Link(places.current, places.version("0.2.0")),
        MakeFolder(Path("/srv/b")),
        Link(places.command, places.program),
        WriteFile(data / "portico.toml", SETTINGS),
        Tell(
            "systemd does not run this machine, so nothing starts the server by itself. "
            "Start it with: /srv/b/portico server start --data /srv/c/data"
        ),
    )


def test_a_data_folder_of_a_server_that_was_started_by_hand_is_taken_over():
    facts = replace(EMPTY, missing=EMPTY.missing - {DATA}, data=Found.OURS)
    steps = plan(facts, Wish(DATA, source=WHEELS), PLACES)
    assert steps[:3] == (
        MakeFolder(PREFIX),
        WriteFile(PLACES.record, to_text(Record(DATA, PLACES.command, (PREFIX,)))),
        MakeFolder(PREFIX / "versions"),
    )
    assert MakeFolder(DATA, 0o711) not in steps


def test_an_ordinary_user_is_told_that_no_installation_is_needed():
    assert refusal(replace(EMPTY, root=False)) == (
        "To install a server takes root.",
        "This command runs as an ordinary user.",
        "Run it with sudo. Without root a server needs no installation: `portico server start`.",
    )


def test_what_the_system_lacks_is_named():
    assert refusal(replace(EMPTY, lacking=("git",))) == (
        "The server lacks something of the system.",
        "Not found: git.",
        "Install it, then try again; on Debian: apt-get install git",
    )


def test_a_python_that_others_cannot_use_is_refused():
    closed = "/root/python/bin/python3 is below /root, which only its owner may enter."
    assert refusal(replace(EMPTY, closed=closed)) == (
        "The server's users could not use this Python.",
        closed,
        "Run this command with a Python that everybody may use, such as the system's: "
        "python3 -m venv FOLDER, then FOLDER/bin/pip install portico.",
    )


def test_an_old_systemd_is_refused():
    assert refusal(replace(EMPTY, systemd=239)) == (
        "This systemd is too old.",
        "It is version 239; 240 is the least.",
        "Run the server by hand with `portico server start`, or upgrade the system.",
    )


def test_what_cannot_be_fetched_from_anywhere_is_not_guessed():
    assert refusal(EMPTY) == (
        "It is not known where Portico is to come from.",
        "This program does not say what it was installed from, or that is gone.",
        "Say with --from: a wheel, a checkout, a folder of wheels, or the address of an index.",
    )


def test_a_foreign_prefix_is_left_alone():
    assert refusal(replace(EMPTY, prefix=Found.FOREIGN)) == (
        "Something else is where Portico would be installed.",
        "/opt/portico is there, without a readable installation.json in it.",
        "Move it away, or choose another folder with --prefix.",
    )


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/usr/local/bin/portico", "is there"),
        ("/srv/old/bin/portico", "is a link to /srv/old/bin/portico"),
    ],
)
def test_another_command_of_that_name_is_left_alone(target: str, found: str):
    assert refusal(replace(EMPTY, command=Path(target))) == (
        "Another command has the name of Portico's.",
        f"/usr/local/bin/portico {found}.",
        "Remove it (a Portico that pip has installed: pip uninstall portico), or choose another "
        "place with --command.",
    )


def test_another_unit_of_that_name_is_left_alone():
    assert refusal(replace(EMPTY, texts={PLACES.unit: "[Service]\nExecStart=/x\n"})) == (
        "Another unit has the name of Portico's.",
        "/etc/systemd/system/portico.service was not written by `portico server install`.",
        "If it is of no use any more: systemctl disable --now portico, remove the file, then try "
        "again.",
    )


def test_a_foreign_data_folder_is_left_alone():
    assert refusal(replace(EMPTY, data=Found.FOREIGN)) == (
        "The data folder holds something else.",
        "/var/lib/portico is not empty, and there is nothing of a server in it.",
        "Choose another folder with --data.",
    )


def test_data_does_not_lie_among_the_versions():
    assert refusal(EMPTY, Wish(PREFIX / "data")) == (
        "Data and versions cannot lie in one folder.",
        "/opt/portico/data is in /opt/portico, which is removed as a whole one day.",
        "Choose another folder with --data or --prefix.",
    )


def test_one_installation_has_one_data_folder():
    assert refusal(INSTALLED, Wish(Path("/srv/other"))) == (
        "A server is installed with another data folder.",
        "/opt/portico/installation.json says /var/lib/portico; this command says /srv/other.",
        "Leave --data out, or take that server away first: "
        "portico server uninstall --prefix /opt/portico",
    )


def test_an_installation_is_no_upgrade():
    assert refusal(replace(INSTALLED, version="0.3.0")) == (
        "Another version is installed.",
        "It is 0.2.0; this command is of 0.3.0.",
        "To go over to this one: portico server upgrade --version 0.3.0",
    )


def test_a_server_in_somebodys_terminal_is_not_taken_over():
    facts = replace(EMPTY, data=Found.OURS, runs=4711)
    assert refusal(facts) == (
        "A server that systemd does not know runs on this data.",
        "Process 4711 is its supervisor.",
        "End it with `portico server stop --data /var/lib/portico`, then try again.",
    )


def test_settings_are_not_written_over():
    assert refusal(INSTALLED, Wish(DATA, "0.0.0.0:8080")) == (
        "The settings say something else.",
        "/var/lib/portico/portico.toml says listen = 0.0.0.0:80; this command says 0.0.0.0:8080.",
        "Correct the file and run `portico server restart --data /var/lib/portico`, or leave "
        "--listen out.",
    )


def test_an_occupied_port_is_refused():
    occupied = PorticoError("Port 80 is in use.", "nginx", "Stop it.")
    assert refusal(replace(EMPTY, in_the_way=occupied)) == (
        "Port 80 is in use.",
        "nginx",
        "Stop it.",
    )
