from __future__ import annotations

from portico.router.problems import REPLIES, local_replies


def test_each_reply_is_three_whole_sentences_or_more() -> None:
    for reply in REPLIES:
        for part in (reply.title, reply.detail, reply.hint):
            assert part[0].isupper()
            assert part.endswith(".")


def test_the_router_does_not_pass_off_a_percent_sign_as_a_command() -> None:
    formats = [
        mapper["body_format_override"]["json_format"] for mapper in local_replies()["mappers"]
    ]
    assert "(%%2F)" in formats[0]["detail"]
