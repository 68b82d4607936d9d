"""Which of the pushed references deploys."""

from __future__ import annotations

import os
from collections.abc import Iterable

from portico.control.git.hook.variables import APP
from portico.errors import PorticoError


class Update:
    """A reference that the push would move."""  # no NamedTuple: this starts with each push

    def __init__(self, old: str, new: str, ref: str) -> None:
        self.old, self.new, self.ref = old, new, ref


def read_updates(lines: Iterable[str]) -> list[Update]:
    return [Update(*line.split()) for line in lines]


def choose(updates: list[Update], branches: list[str]) -> Update:
    """The one update that deploys."""
    for update in updates:
        check_ref(update, branches)
    if len(updates) != 1:
        names = " and ".join(update.ref.removeprefix("refs/heads/") for update in updates)
        raise PorticoError(
            "Several branches were pushed at once.",
            f"{names} would deploy one after the other.",
            f"Push the one to deploy: git push portico HEAD:{branches[0]}",
        )
    return updates[0]


def check_ref(update: Update, branches: list[str]) -> None:
    """Raise a PorticoError for what does not deploy."""
    deploying = " or ".join(branches)
    kind, _, name = update.ref.removeprefix("refs/").partition("/")
    if kind != "heads" or name not in branches:
        what = {"heads": "branch", "tags": "tag"}.get(kind, "reference")
        raise PorticoError(
            f"The {what} {name} does not deploy.",
            f"Only the branch {deploying} is taken.",
            f"To deploy what you have checked out: git push portico HEAD:{branches[0]}",
        )
    if not update.new.strip("0"):
        raise PorticoError(
            f"The branch {name} cannot be deleted.",
            "It holds what is deployed.",
            f"To remove the app: portico apps destroy {os.environ[APP]}",
        )
