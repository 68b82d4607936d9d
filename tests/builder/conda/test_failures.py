"""What rattler's failures mean."""

from __future__ import annotations

import pytest

from portico.builder.conda.failures import not_linked, not_unpacked, unreachable

FULL = (
    "The server's disk is full.\n"
    "The packages of environment.yml could not be written.\n"
    "Ask the operator to free space; nothing of this build was kept."
)


@pytest.mark.parametrize(
    "words",
    [
        "failed to write: No space left on device (os error 28)",
        "Disk quota exceeded (os error 122)",
    ],
)
def test_a_full_disk_is_told_wherever_it_is_met(words: str):
    failures = (unreachable(words), not_unpacked("a 1", words), not_linked(words))
    assert [str(failure) for failure in failures] == [FULL] * 3


def test_what_cannot_be_unpacked_is_named():
    assert str(not_unpacked("numpy 1.26", "Could not extract: unexpected end of file")) == (
        "The conda package numpy 1.26 cannot be unpacked.\n"
        "Could not extract: unexpected end of file\n"
        "Take another version or another channel, and tell those who keep this one."
    )


def test_what_cannot_be_linked_is_told_in_rattlers_words():
    assert str(not_linked("failed to link numpy")) == (
        "The conda packages could not be linked.\n"
        "failed to link numpy\n"
        "Take another version of the package that is named there, and deploy again."
    )
