"""Arguments and options that several commands take."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated

import typer

from portico.cli.completion import app_names

App = Annotated[
    str | None,
    typer.Argument(
        metavar="APP",
        help="The app; may be left out where the git remote or the folder's name tells it.",
        autocompletion=app_names,
        show_default=False,
    ),
]
AppOption = Annotated[
    str | None,
    typer.Option(
        "--app", "-a", metavar="NAME", help="The app, by its name.", autocompletion=app_names
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
NAMED_APP = typer.Argument(metavar="APP", help="The app.", autocompletion=app_names)


def app_first(
    words: tuple[str, ...], app: str | None, verbs: Container[str]
) -> tuple[str | None, tuple[str, ...]]:
    """The app, and the words after it: it is the first unless that is a verb, or `--app` names it.

    An app may be called as a verb is: then a verb follows it.
    """
    if app is None and words and (words[0] not in verbs or (len(words) > 1 and words[1] in verbs)):
        return words[0], words[1:]
    return app, words
