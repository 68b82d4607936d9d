"""What apt has said in failures, and what becomes of it."""

from __future__ import annotations

import pytest

from portico.builder.apt.aptfile import parse
from portico.builder.apt.words import explained, unknown, worth_showing

WISHES = parse(
    "unixodbc libfoo=9\n:repo:deb signed-by=k.asc https://apt.example.com/debian stable main\nacme\n"
)


def test_a_key_that_is_not_the_repositorys():
    lines = (
        "Get:4 https://apt.example.com/debian stable InRelease [951 B]",
        "Err:4 https://apt.example.com/debian stable InRelease",
        "  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key D7AD33",
        "Reading package lists...",
        "W: OpenPGP signature verification failed: https://apt.example.com/debian stable InRelease: "
        "Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key D7AD33",
        "E: The repository 'https://apt.example.com/debian stable InRelease' is not signed.",
    )
    assert str(explained("update", lines, WISHES)) == (
        "A package repository is not signed as the Aptfile says.\n"
        "Line 2 of the Aptfile, https://apt.example.com/debian. The key that it names: k.asc.\n"
        "https://apt.example.com/debian stable InRelease\n"
        "Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key D7AD33\n"
        "OpenPGP signature verification failed: https://apt.example.com/debian stable InRelease: "
        "Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key D7AD33\n"
        "The repository 'https://apt.example.com/debian stable InRelease' is not signed.\n"
        "Put the repository's own public key into the app and name it in that line with "
        "`signed-by=`, or write the https address of the key."
    )


def test_a_repository_without_that_distribution():
    lines = (
        "Err:5 https://apt.example.com/debian stable Release",
        "  404  Not Found [IP: 192.0.2.1 443]",
        "E: The repository 'https://apt.example.com/debian stable Release' does not have a Release "
        "file.",
    )
    error = explained("update", lines, WISHES)
    assert error.title == "A package repository cannot be used."
    assert error.detail == (
        "Line 2 of the Aptfile, https://apt.example.com/debian, distribution stable.\n"
        "https://apt.example.com/debian stable Release\n"
        "404  Not Found [IP: 192.0.2.1 443]\n"
        "The repository 'https://apt.example.com/debian stable Release' does not have a Release file."
    )


def test_the_distributions_own_repository():
    lines = (
        "Err:1 http://deb.debian.org/debian trixie InRelease",
        "  Could not resolve 'deb.debian.org'",
        "E: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Could not resolve "
        "'deb.debian.org'",
    )
    error = explained("update", lines, WISHES)
    assert error.title == "The repository of the distribution cannot be used."
    assert error.hint == (
        "Deploy again; if it fails again, ask the operator whether the server reaches it, and what "
        "the setting apt_repository says."
    )


def test_a_version_that_is_not_there():
    lines = ("Reading package lists...", "E: Version '9' for 'libfoo' was not found")
    assert str(explained("install", lines, WISHES)) == (
        "The packages of the Aptfile cannot be installed.\n"
        "It concerns line 1 of the Aptfile.\nVersion '9' for 'libfoo' was not found\n"
        "Correct the Aptfile and deploy again. A version that is not named any more can be left "
        "out, as in `unixodbc`."
    )


def test_packages_that_do_not_fit_together():
    lines = (
        "Some packages could not be installed. This may mean that you have",
        "The following packages have unmet dependencies:",
        " acme : Depends: libother (>= 2) but it is not installable",
        "E: Unable to correct problems, you have held broken packages.",
    )
    error = explained("install", lines, WISHES)
    assert error.detail == (
        "It concerns line 3 of the Aptfile.\n"
        "The following packages have unmet dependencies:\n"
        "acme : Depends: libother (>= 2) but it is not installable\n"
        "Unable to correct problems, you have held broken packages."
    )


def test_a_script_that_fails():
    lines = (
        "Setting up acme (1.0) ...",
        "I cannot",
        "dpkg: error processing package acme (--configure):",
        " installed acme package post-installation script subprocess returned error exit status 7",
        "E: Sub-process /usr/bin/dpkg returned an error code (1)",
    )
    error = explained("install", lines, WISHES)
    assert error.title == "The package acme could not be set up."
    assert error.detail == "\n".join(lines)


def test_a_full_disk():
    lines = ("E: Write error - write (28: No space left on device)",)
    assert explained("install", lines, WISHES).title == "The server's disk is full."


def test_unknown_names_with_what_they_may_have_meant():
    error = unknown({4: ["unixodbc", "unixodbc-dev", "units"]}, {"unixodbcc": 4})
    assert error.detail == "Line 4: no repository has a package named unixodbcc."
    assert error.hint == (
        "For unixodbcc: unixodbc, unixodbc-dev? Names are those of Debian trixie: look them up at "
        "https://packages.debian.org/trixie/."
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Setting up libodbc2:amd64 (2.3.12-2) ...", True),
        ("update-alternatives: using /a to provide /b (b) in auto mode", True),
        ("Get:1 http://deb.debian.org/debian trixie InRelease [140 kB]", False),
        ("(Reading database ... 9910 files and directories currently installed.)", False),
        ("Unpacking tini (0.19) ...", False),
        ("E: Unable to locate package x", False),
    ],
)
def test_the_log_shows_what_packages_do(line: str, shown: bool):
    assert worth_showing(line) is shown
