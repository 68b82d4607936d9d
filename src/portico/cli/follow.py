"""Follows a deploy to its end: what it prints, and what its end means for the command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from portico.cli.output import Progress, progress
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client import Client
    from portico.client.documents import Deploy

WORDS = {
    "queued": "Waiting for its turn",
    "building": "Building",
    "built": "Built",
    "releasing": "Running the release command",
    "starting": "Starting",
}


class Detached(PorticoError):  # noqa: N818 - not an error of anything: the author has left
    """Ctrl-C while a deploy goes on."""


def follow_to_live(client: Client, deploy: Deploy, *, json: bool = False) -> None:
    """Follow a config change or a rollback; the log ends with what is live."""
    with progress(stream_for(json), f"Rolling out {deploy.app}") as bar:
        follow(client, deploy, bar)


def follow(client: Client, deploy: Deploy, bar: Progress) -> Deploy:
    """Print the deploy's log as it comes. Anything but `live` at the end is an error."""
    try:
        return _ended(_followed(client, deploy, bar))
    except KeyboardInterrupt:
        raise detached(deploy.app) from None


def detached(app: str) -> Detached:
    return Detached(
        f"The deploy of {app} goes on without you.",
        "Ctrl-C has ended only the following of its log.",
        f"Cancel it with `portico deploy --cancel --app {app}`, "
        f"see its log with `portico logs {app} --build`.",
    )


def _followed(client: Client, deploy: Deploy, bar: Progress) -> Deploy:
    from portico.client.documents import DeployLine
    from portico.client.following import deploy_log

    bar.tick(WORDS.get(deploy.state, deploy.state))
    for item in deploy_log(client, deploy):
        if not isinstance(item, DeployLine):
            return item
        bar.line(item.line)
        bar.tick(item.line)
    raise AssertionError("a deploy's log ends with the deploy")


def _ended(deploy: Deploy) -> Deploy:
    if deploy.state == "live":
        return deploy
    if deploy.problem is not None:
        raise deploy.problem.as_error()
    raise _without_reason(deploy)


def _without_reason(deploy: Deploy) -> PorticoError:
    if deploy.state == "cancelled":
        return PorticoError(
            f"The deploy of {deploy.app} was cancelled.",
            "What was live before stays live.",
            f"`portico deploy --app {deploy.app}` starts another.",
        )
    if deploy.state == "superseded":
        return PorticoError(
            f"A newer deploy of {deploy.app} has taken this one's place.",
            "It was still waiting for its turn.",
            f"`portico logs {deploy.app} --build -f` follows the newer one.",
        )
    return PorticoError(
        f"The deploy of {deploy.app} has failed.",
        f"It ended as {deploy.state}; the server gave no reason.",
        f"Look at its log: `portico logs {deploy.app} --build`.",
    )


def stream_for(json: bool) -> TextIO:
    """Where progress goes: scripts want stdout for the result alone."""
    return sys.stderr if json else sys.stdout
