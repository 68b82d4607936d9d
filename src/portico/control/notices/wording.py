"""A notice as a mail and as a webhook's document. Pure."""

from __future__ import annotations

from typing import Any

from portico.control.models import Notice

SUBJECTS = {
    "deploy-failed": "a deploy failed",
    "app-crashed": "crashes again and again",
    "limit-hit": "was stopped for its memory",
    "test": "a test",
}
LONGEST = 2000  # characters of each part: what a build has said may be long


def subject(notice: Notice, host: str) -> str:
    return f"[{host}] {notice.app.name}: {SUBJECTS[notice.kind]}"


def text(notice: Notice, page: str, own_page: str) -> str:
    """`page`: where the app's people look further; `own_page`: where they choose their mail."""
    problem = notice.problem
    parts = [
        ("What happened", problem["title"] + besides(notice.more)),
        ("What was found", problem["detail"]),
        ("What to do", problem["hint"]),
    ]
    body = "\n\n".join(f"{head}\n{_short(part)}" for head, part in parts if part)
    return f"{body}\n\n{page}\n\n-- \nWhich of these you get, you choose at {own_page}\n"


def document(notice: Notice, app_url: str, page: str) -> dict[str, Any]:
    """What is posted; docs/authors/notices.md has it. `text` is what chats show."""
    problem = notice.problem
    title = _short(problem["title"] + besides(notice.more))
    return {
        "type": notice.kind,
        "timestamp": notice.created_at.isoformat(),
        "text": f"{notice.app.name}: {title} {page}",
        "app": notice.app.name,
        "url": app_url,
        "page": page,
        "happened": problem["title"],
        "found": _short(problem["detail"]),
        "next": _short(problem["hint"]),
        "more": notice.more,
        "about": notice.about,
    }


def besides(more: int) -> str:
    return f" And {more} more since the last notice." if more else ""


def _short(part: str) -> str:
    return part if len(part) <= LONGEST else f"{part[:LONGEST]} ..."
