"""What the router itself answers, as problem documents in the platform's three parts.

Apps and web answer for themselves; this is for what never reached them, or never came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portico.router import gate
from portico.router.xds import Json


@dataclass(frozen=True)
class Reply:
    """Words for a status; `flags` are Envoy's reasons, () for all of them.

    `header`: only for requests that have come to bear it.
    """

    status: int
    title: str
    detail: str
    hint: str
    flags: Sequence[str] = ()
    header: str = ""
    retry_after: int = 0
    sent_as: int = 0  # another status than Envoy's own


# The first that fits is taken. What web refuses at the gate counts as the router's own answer too,
# so there is none for 401 and 404.
REPLIES = (
    Reply(
        400,
        "The request is not valid.",
        "Its headers are not valid HTTP, or its path has an escaped slash (%2F) in it.",
        "Send the slash unescaped, or in the query.",
    ),
    Reply(
        403,
        "Whether you may open this app cannot be found out at the moment.",
        "The part of the server that decides about it does not answer.",
        "Try again in a few seconds. If it stays so, the server's operator finds more with "
        "`portico server status`.",
        header=gate.UNANSWERED,
        retry_after=5,
        sent_as=503,
    ),
    Reply(
        403,
        "The connection cannot change to that protocol.",
        "The request asks for an upgrade to another protocol than a web socket.",
        "Leave the Upgrade header out, or ask for a web socket.",
    ),
    Reply(
        408,
        "The request did not come to its end.",
        "Nothing of it arrived for longer than the time limit.",
        "Send it again; if it stopped half-way, look at the connection.",
    ),
    Reply(
        413,
        "The request is too large.",
        "Its body is larger than this app takes.",
        "Send less at once. The app's author can allow more with "
        "`portico apps set APP --max-request-bytes N`.",
    ),
    Reply(
        431,
        "The request's headers are too large.",
        "They have more than 60 KiB together, or are more than 100.",
        "Clear this site's cookies in the browser and try again.",
    ),
    Reply(
        502,
        "The app's answer is not valid HTTP.",
        "The router could not read it.",
        "The app's author finds more in `portico logs APP`.",
    ),
    Reply(
        503,
        "The app broke off its answer.",
        "It closed the connection before it had answered; the request may have been handled.",
        "Look whether it was before sending it again. The author finds more in `portico logs APP`.",
        flags=("UC", "UR", "LR"),
    ),
    *(
        Reply(
            status,
            "Nothing can answer this request at the moment.",
            "What should answer it accepts no connection.",
            "Try again in a few seconds. If it stays so, the server's operator finds more with "
            "`portico server status`.",
            retry_after=5,
            sent_as=503,
        )
        # 507: a body too large to be kept for another try.
        for status in (503, 507)
    ),
    Reply(
        504,
        "The app takes too long.",
        "Its answer had not begun when the app's time limit was over.",
        "Try again later. The app's author can allow more with "
        "`portico apps set APP --timeout SECONDS`.",
    ),
)


def local_replies() -> Json:
    return {"mappers": [_mapper(reply) for reply in REPLIES]}


def _mapper(reply: Reply) -> Json:
    document = {
        "title": reply.title,
        "status": "%RESPONSE_CODE%",
        "detail": _literally(reply.detail),
        "hint": _literally(reply.hint),
    }
    mapper: Json = {
        "filter": _filter(reply),
        "body_format_override": {
            "json_format": document,
            "content_type": "application/problem+json",
        },
    }
    if reply.sent_as:
        mapper["status_code"] = reply.sent_as
    if reply.retry_after:
        header = {"key": "retry-after", "value": str(reply.retry_after)}
        mapper["headers_to_add"] = [{"header": header}]
    return mapper


def _literally(text: str) -> str:
    return text.replace("%", "%%")


def _filter(reply: Reply) -> Json:
    status: Json = {
        "status_code_filter": {
            "comparison": {
                "op": "EQ",
                "value": {"default_value": reply.status, "runtime_key": f"status_{reply.status}"},
            }
        }
    }
    filters = [status]
    if reply.flags:
        filters.append({"response_flag_filter": {"flags": list(reply.flags)}})
    if reply.header:
        there = {"name": reply.header, "present_match": True}
        filters.append({"header_filter": {"header": there}})
    return {"and_filter": {"filters": filters}} if len(filters) > 1 else status
