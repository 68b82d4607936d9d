"""What is different on a terminal, and what is kept from it."""

from __future__ import annotations

import pytest

from portico.cli.output import colour_of, megabytes, safe, safe_lines
from tests.cli.stub import HOLD


def test_control_bytes_are_written_out():
    assert safe("a\tb\x1b[2J\x7f\x9b é") == "a\tb\\x1b[2J\\x7f\\x9b é"
    assert safe("\x1b[31m\x1b[1mWARNING\x1b[0m: \x1b[38;5;9mred\x1b[m") == "WARNING: red"
    assert safe("a\x1b[\x1b[1m2J") == "a\\x1b[2J"
    assert safe_lines("a\nb\r") == "a\nb\\x0d"


@pytest.mark.parametrize(
    ("size", "words"), [(512, "0.5 kB"), (99_999, "100.0 kB"), (2_500_000, "2.5 MB")]
)
def test_sizes_are_told_in_words(size, words):
    assert megabytes(size) == words


def test_a_process_keeps_its_colour():
    assert colour_of("web.1")("x") == colour_of("web.1")("x") != colour_of("web.2")("x")


def test_on_a_terminal_the_title_is_red_and_an_arrow_leads_to_the_hint(terminals):
    terminal = terminals("ps", "my-app")
    found = terminal.expect(b"portico demo`.").decode()
    title, _, hint = found.splitlines()
    assert title == "\x1b[31m\x1b[1mNo server is known yet.\x1b[0m"
    assert hint.startswith("→ Log in: ")
    assert terminal.process.wait(timeout=30) == 1


def test_on_a_terminal_a_table_has_a_bold_head(terminals, stub):
    stub.add("my-app")
    assert b"\x1b[1mNAME" in terminals("apps").expect(b"/my-app/")


def test_on_a_terminal_a_deploy_moves_while_it_runs(terminals, stub, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\n")
    (home / "folder" / "requirements.txt").write_text("flask==3.1.0\n")
    path = "/apps/folder/deploys/7/log"
    stub.streams[path] = [[{"time": None, "line": "Building [red] x"}, HOLD]]
    terminal = terminals("deploy", "--yes")
    terminal.expect(b"Building [red] x\r\n")
    terminal.expect(b" Building [red] x")
    terminal.type(b"\x03")
    terminal.expect(b"portico deploy --cancel --app folder")
    assert terminal.process.wait(timeout=30) == 1


def test_a_new_app_is_made_only_after_a_yes(terminals, stub, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\n")
    (home / "folder" / "requirements.txt").write_text("flask==3.1.0\n")
    terminal = terminals("deploy")
    terminal.expect(b"Make the app folder? [y/N]")
    terminal.type(b"n\n")
    terminal.expect(b"There is no app folder yet, and it was not to be made.")
    assert terminal.process.wait(timeout=30) == 1
    assert stub.queries("POST", "/apps/folder/deploys") == []


@pytest.mark.parametrize(("typed", "code", "requests"), [(b"my-ap\n", 1, 0), (b"my-app\n", 0, 1)])
def test_destroying_wants_the_whole_name(terminals, stub, typed, code, requests):
    stub.add("my-app")
    stub.answers["DELETE /apps/my-app"] = (204, None)
    terminal = terminals("apps", "destroy", "my-app")
    terminal.expect(b"Type my-app to go on: ")
    terminal.type(typed)
    terminal.expect(b"estroyed")
    assert terminal.process.wait(timeout=30) == code
    assert len(stub.queries("DELETE", "/apps/my-app")) == requests


def test_ctrl_c_at_a_question_does_nothing(terminals, stub):
    stub.add("my-app")
    terminal = terminals("apps", "destroy", "my-app")
    terminal.expect(b"Type my-app to go on: ")
    terminal.await_question()
    terminal.type(b"\x03")
    terminal.expect(b"Nothing was done.")
    assert terminal.process.wait(timeout=30) == 1
