"""What `portico apps set` says of an app's card in the portal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.api import Client
    from portico.client.documents import App

DEFAULT = "default"


def change(client: Client, app: str, changes: dict[str, Any], picture: str | None) -> App:
    """Make all changes; a picture that cannot be read is found before the first."""
    content = read(picture) if picture and picture != DEFAULT else None
    if content is not None:
        client.set_picture(app, content)
    elif picture == DEFAULT:
        client.remove_picture(app)
    return client.change_app(app, changes)


def read(picture: str) -> bytes:
    try:
        return Path(picture).read_bytes()
    except OSError as error:
        raise PorticoError(
            f"The picture {picture} cannot be read.",
            f"{error.strerror or error}.",
            f"Give the path of a PNG, JPEG or WebP file, or `{DEFAULT}` for the drawn one.",
        ) from error


def tags(given: list[str] | None) -> list[str] | str | None:
    """Those given are all that the app has; the one word `default` is none."""
    return DEFAULT if given == [DEFAULT] else given


def facts(app: App) -> list[tuple[str, object]]:
    card = app.card
    return [
        ("title", card.title or DEFAULT),
        *([("description", card.description)] if card.description else []),
        *([("tags", ", ".join(card.tags))] if card.tags else []),
        ("rank", card.rank or "none"),
        ("picture", card.picture or "drawn"),
        ("in the portal", "listed" if card.listed else "not listed"),
    ]
