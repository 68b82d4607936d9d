"""`portico check`."""

from __future__ import annotations

import json

from portico.builder.findings import Finding, Severity
from portico.cli.check import as_text


def test_prints_what_is_wrong_with_its_place_and_the_line_to_write(portico, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\nworker\n")
    (home / "folder" / "app.py").touch()
    (home / "folder" / "requirements.txt").touch()
    result = portico("check")
    assert result.code == 1
    assert result.stdout == (
        "error    Procfile:2 `worker` has no colon.\n         → Write `worker: COMMAND`.\n"
    )
    assert result.stderr == (
        "folder cannot be deployed as it is.\n"
        "A deploy would fail of one problem.\n"
        "Next: Correct what is marked as error; `portico check` looks again.\n"
    )


def test_the_line_to_write_stands_below():
    finding = Finding(Severity.WARNING, "settings.py", 7, "DEBUG is on.", "DEBUG = False\nX = 1")
    assert as_text(finding).replace("\x1b[33m\x1b[1m", "").replace("\x1b[0m", "") == (
        "warning  settings.py:7 DEBUG is on.\n         → DEBUG = False\n         → X = 1"
    )


def test_a_finding_of_several_lines_keeps_them():
    finding = Finding(Severity.WARNING, "app.json", None, "Two things:\none\x1b\ntwo", "")
    assert as_text(finding).partition("\x1b[0m ")[2] == (
        "app.json Two things:\n         one\\x1b\n         two"
    )


def test_for_scripts_a_list(portico, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\nworker\n")
    (home / "folder" / "app.py").touch()
    (home / "folder" / "requirements.txt").touch()
    result = portico("check", "--json")
    (finding,) = [each for each in json.loads(result.stdout) if each["severity"] == "error"]
    assert set(finding) == {"severity", "file", "line", "what", "fix"}
    assert finding["file"] == "Procfile"
    assert result.code == 1


def test_nothing_to_say_is_said(portico, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\n")
    (home / "folder" / "app.py").touch()
    (home / "folder" / "requirements.txt").write_text("flask==3.1.0\n")
    result = portico("check")
    assert (result.code, result.stdout, result.stderr) == (
        0,
        "folder is ready for `portico deploy`.\n",
        "",
    )


def test_works_without_any_server(portico, home):
    (home / "folder" / "Procfile").write_text("web: python app.py\n")
    (home / "folder" / "app.py").touch()
    (home / "folder" / "requirements.txt").write_text("flask==3.1.0\n")
    assert portico("check", str(home / "folder")).code == 0
