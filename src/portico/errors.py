"""The one error that users see: what happened, what was found, what to do next."""

from __future__ import annotations


class PorticoError(Exception):
    """A failure that explains itself.

    `title` says what happened, `detail` what was found, `hint` what to do next. It is caught at
    three places only: the CLI's main, the API's handler and the agent's task boundary.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "", *, status: int = 400) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.detail, self.hint) if part)

    def as_dict(self) -> dict[str, str]:
        """The three parts as they stand in documents and on sockets."""
        return {"title": self.title, "detail": self.detail, "hint": self.hint}
