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
        "The packages of uv.lock could not be written.\n"
        "Ask the operator to free space; nothing of this build was kept."
    )


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
