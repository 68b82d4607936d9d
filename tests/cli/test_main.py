"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from portico import __version__


def test_without_words_shows_what_there_is(portico):
    result = portico()
    assert (result.code, result.stderr) == (0, "")
    assert "Bring a folder, get a URL" in result.stdout


def test_tells_its_version(portico):
    assert portico("--version").stdout == f"portico {__version__}\n"


def test_a_mistake_in_the_command_line_is_told_in_three_parts_with_code_1(portico):
    result = portico("ps", "--jason")
    assert result.code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "The command line was not understood.\n"
        "No such option: --jason (Possible options: --json).\n"
        "Next: `portico ps --help` says what can stand there.\n"
    )


def test_an_unknown_command_is_told_likewise(portico):
    result = portico("depoly")
    assert result.code == 1
    assert result.stderr == (
        "The command line was not understood.\n"
        "No such command 'depoly'. Did you mean 'deploy', 'demo'?\n"
        "Next: `portico --help` says what can stand there.\n"
    )


def test_a_child_ends_with_code_1_and_writes_errors_to_stderr_alone(child):
    process = child("ps", "my-app")
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stdout == b""
    assert stderr.startswith(b"No server is known yet.\n")


def test_what_only_some_commands_need_is_not_loaded_for_all():
    program = "import portico.cli.main, sys; print(*sys.modules, sep='\\n')"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert {"httpx", "pydantic", "rich.console", "websockets"}.isdisjoint(loaded)


def test_the_shell_completes_app_names(child, stub):
    stub.add("my-app")
    stub.add("my-other")
    stub.add("theirs")
    assert completed(child, "portico", "ps", "my-") == ["my-app", "my-other"]
    assert completed(child, "portico", "deploy", "--app", "the") == ["theirs"]


def test_the_shell_completes_drains_by_their_numbers(child, stub):
    stub.add("my-app")
    stub.answers["GET /apps/my-app/drains"] = (
        200,
        [{"id": 3, "address": "syslog://logs.example:514"}],
    )
    assert completed(child, "portico", "drains", "my-") == ["my-app"]
    assert completed(child, "portico", "drains", "my-app", "re") == ["remove"]
    assert completed(child, "portico", "drains", "my-app", "remove", "3") == ["3"]


def test_completion_without_a_server_offers_nothing_and_says_nothing(child):
    assert completed(child, "portico", "ps", "my-") == []


@pytest.mark.parametrize("words", [("server",), ("server", "--help")])
def test_a_group_without_a_command_shows_what_it_has(portico, words):
    result = portico(*words)
    assert (result.code, result.stderr) == (0, "")
    assert "status" in result.stdout


def completed(child, *words):
    environment = {
        **os.environ,
        "_PORTICO_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    stdout, stderr = child(env=environment).communicate(timeout=30)
    assert stderr == b""
    return stdout.decode().split()
