"""The record of an installation, as every version writes and reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.installation.record import Record, of_text, to_text

RECORD = Record(
    Path("/var/lib/portico"),
    Path("/usr/local/bin/portico"),
    (Path("/opt/portico"), Path("/var/lib/portico")),
)
# As 0.1.0 wrote it: later versions have to read it.
TEXT = """{"format": 1, "data": "/var/lib/portico", "command": "/usr/local/bin/portico",
"made": ["/opt/portico", "/var/lib/portico"]}"""


def test_what_was_written_is_read():
    assert of_text(to_text(RECORD)) == RECORD


def test_the_first_format_is_read_also_with_more_in_it():
    assert of_text(TEXT) == RECORD
    assert of_text(TEXT.replace("{", '{"added": 1, ')) == RECORD


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", TEXT.replace("1", "2"), TEXT.replace("made", "x")]
)
def test_what_cannot_be_read_is_none(text: str):
    assert of_text(text) is None
