"""What uv's failures mean to an author."""

from __future__ import annotations

import pytest

from portico.builder.uv import UvError, explained


def test_shows_the_explanation_of_the_resolver():
    error = UvError(
        [
            "Using Python 3.11.2 environment at: v",
            "error: No solution found when resolving dependencies",
            "  cause: Because there is no version of django==99.9 and you require django==99.9,",
            "         we can conclude that your requirements are unsatisfiable.",
        ]
    )
    assert str(explained(error, "requirements.txt")) == (
        "The packages of requirements.txt cannot be installed.\n"
        "No solution found when resolving dependencies\n"
        "Because there is no version of django==99.9 and you require django==99.9,\n"
        "we can conclude that your requirements are unsatisfiable.\n"
        "Correct requirements.txt, try it on your machine with `uv pip install`, and deploy again."
    )


def test_tells_an_unreachable_index_from_a_wrong_requirement():
    error = UvError(["error: Failed to fetch: https://index.test/flask/", "  cause: dns error"])
    assert str(explained(error, "uv.lock")) == (
        "The package index could not be reached.\n"
        "Failed to fetch: https://index.test/flask/\n"
        "dns error\n"
        "Deploy again; if it fails again, ask the operator whether the server may reach it."
    )


def test_tells_a_full_disk():
    error = UvError(["error: failed to write", "  cause: No space left on device (os error 28)"])
    assert str(explained(error, "uv.lock")) == (
        "The server's disk is full.\n"
        "failed to write\nNo space left on device (os error 28)\n"
        "Ask the operator to free space; nothing of this build was kept."
    )


def test_tells_a_wrong_password_from_an_index_that_is_away():
    error = UvError(
        [
            "error: Failed to fetch: `https://index.test/flask/`",
            "  cause: HTTP status client error (401 Unauthorized) for url (https://index.test/flask/)",
        ]
    )
    assert str(explained(error, "requirements.txt")) == (
        "A package index refused the user or the password.\n"
        "Failed to fetch: `https://index.test/flask/`\n"
        "HTTP status client error (401 Unauthorized) for url (https://index.test/flask/)\n"
        "Check the address in requirements.txt and the config vars that it uses, and deploy again."
    )


def test_tells_a_certificate_that_is_not_trusted():
    error = UvError(
        ["error: Failed to fetch: x", "  cause: invalid peer certificate: UnknownIssuer"]
    )
    assert str(explained(error, "requirements.txt")) == (
        "The certificate of a package index is not trusted.\n"
        "Failed to fetch: x\n"
        "invalid peer certificate: UnknownIssuer\n"
        "Ask the operator to add the authority that issued it to the setting ca_bundle."
    )


def test_says_what_a_package_misses_that_cannot_be_built():
    error = UvError(
        [
            "error: Failed to build `psycopg2==2.9.10`",
            "  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)",
            "         Error: pg_config executable not found.",
        ]
    )
    assert str(explained(error, "requirements.txt")) == (
        "The packages of requirements.txt cannot be installed.\n"
        "Failed to build `psycopg2==2.9.10`\n"
        "Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n"
        "Error: pg_config executable not found.\n"
        "The program pg_config is missing: write the line `libpq-dev` into the Aptfile in the "
        "app's root folder, and deploy again. Or require psycopg2-binary instead of psycopg2, "
        "which needs no such package."
    )


def test_shows_the_end_of_a_long_failure():
    error = UvError(["error: Failed to build", *(f"line {n}" for n in range(100))])
    shown = explained(error, "requirements.txt").detail.splitlines()
    assert (shown[:3], len(shown)) == (["Failed to build", "...", "line 60"], 42)


@pytest.mark.parametrize(
    "line",
    [
        "  cause: Because docopt==0.6.2 has no usable wheels and you require docopt==0.6.2",
        "hint: Wheels are required for `x` because building from source is disabled",
    ],
)
def test_recognises_a_package_without_a_wheel(line: str):
    assert UvError(["error: No solution found", line]).no_wheel


def test_does_not_take_other_failures_for_missing_wheels():
    assert not UvError(["error: x was not found in the package registry"]).no_wheel


def test_what_the_operators_index_lacks_may_be_added_to_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://packages.internal/simple")
    lines = [
        "error: No solution found when resolving dependencies",
        "  cause: Because six was not found in the package registry and you require six, we can "
        "conclude that your requirements are unsatisfiable.",
    ]
    assert str(explained(UvError(lines), "requirements.txt")) == (
        "The packages of requirements.txt cannot be installed.\n"
        "No solution found when resolving dependencies\n"
        "Because six was not found in the package registry and you require six, we can "
        "conclude that your requirements are unsatisfiable.\n"
        "Correct requirements.txt, or ask the operator to add what is missing to the server's "
        "package index, which stands in for PyPI."
    )
