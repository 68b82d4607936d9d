"""Lines as they travel."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from portico.log_drains.messages import (
    LARGEST_DATAGRAM,
    Line,
    counted,
    datagram,
    documents,
    syslog,
)
from tests.log_drains.receivers import frames

TIME = "2026-11-26T04:40:00.000001Z"
# RFC 5424: HEADER, then no structured data, then the message.
MESSAGE = re.compile(
    rb"<14>1 (\S+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) - - ([^\x00-\x08\x0a-\x1f\x7f]*)"
)


def test_a_line_says_when_where_which_app_and_process() -> None:
    line = Line(TIME, "web.1", "GET / 200")
    assert syslog(line, "polls", "portico.example") == (
        b"<14>1 2026-11-26T04:40:00.000001Z portico.example polls web.1 - - GET / 200"
    )
    assert syslog(line, "polls", "") == syslog(line, "polls", "-")


def test_what_an_app_prints_does_not_pass_for_another_message() -> None:
    line = Line(TIME, "web.1", "a\r\0\x1b[31m\x7f\tb ü")
    assert syslog(line, "a", "h").endswith("- - a#015#000#033[31m#177\tb ü".encode())


@settings(deadline=None)
@given(st.text(), st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True))
def test_every_line_is_a_message_of_rfc_5424(text: str, app: str) -> None:
    found = MESSAGE.fullmatch(syslog(Line(TIME, "worker.12", text), app, "host"))
    assert found is not None
    assert found.groups()[:4] == (TIME.encode(), b"host", app.encode(), b"worker.12")


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1)))
def test_counted_messages_are_told_apart_whatever_they_hold(messages: list[bytes]) -> None:
    assert frames(counted(messages)) == messages


@settings(deadline=None)
@given(st.text(min_size=1), st.integers(0, 3))
def test_a_datagram_has_a_largest_size_and_no_half_character(text: str, shift: int) -> None:
    message = b"x" * shift + text.encode(errors="replace") * 9000
    cut = datagram(message)
    assert message.startswith(cut)
    assert len(cut) == len(message) or LARGEST_DATAGRAM - 4 < len(cut) <= LARGEST_DATAGRAM
    cut.decode()


@settings(deadline=None)
@given(st.lists(st.text()))
def test_documents_are_json_a_line_each(texts: list[str]) -> None:
    lines = [Line(TIME, "web.1", text) for text in texts]
    found = [json.loads(line) for line in documents(lines, "polls").split(b"\n")[:-1]]
    assert found == [
        {"time": TIME, "app": "polls", "process": "web.1", "line": text} for text in texts
    ]
