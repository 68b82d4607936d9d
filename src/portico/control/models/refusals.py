"""What the verbs of an app answer when they cannot be done."""

from __future__ import annotations

from portico.errors import PorticoError
from portico.wire import Problem


def taken(name: str) -> PorticoError:
    return PorticoError(
        f"The name '{name}' is taken.",
        "There is an app of this name on this server.",
        f"Choose another name, or deploy to that app: portico deploy --app {name}",
        status=409,
    )


class Renamed(PorticoError):  # noqa: N818 - it tells of an app that goes on
    """For who may open the app: `now` is what it is called."""

    def __init__(self, name: str, now: str, git_url: str) -> None:
        super().__init__(
            f"There is no app '{name}' any more.",
            f"It was renamed and is called '{now}' now.",
            f"Use that name; in a git repository: git remote set-url portico {git_url}. Another "
            f"app gets the old name by: portico apps create {name}",
            status=410,
        )
        self.now = now


def unknown(name: str) -> PorticoError:
    return PorticoError(
        f"There is no app '{name[:60]}'.",
        "No app of this name exists on this server.",
        "See which there are: portico apps",
        status=404,
    )


def nobody(who: str) -> PorticoError:
    kind = "group" if who.startswith("group:") else "person"
    name = who.removeprefix("group:")[:60]
    return PorticoError(
        f"There is no {kind} '{name}'.",
        f"No {kind} of this name is known on this server.",
        "Correct the name, or ask an administrator of this server to add it. A group is written "
        "group:NAME.",
    )


def is_owner(app: str, who: str) -> PorticoError:
    return PorticoError(
        f"{who} can be given nothing more.",
        f"{who} is the owner of {app}.",
        f"See who may do what: portico access {app}",
    )


def has_no_part(app: str, who: str) -> PorticoError:
    return PorticoError(
        f"'{who[:60]}' cannot be removed from {app}.",
        "It is neither a viewer nor a co-owner of the app.",
        f"See who is: portico access {app}",
    )


def metrics_of_one(app: str) -> PorticoError:
    return PorticoError(
        "A token for metrics is not for one app.",
        f"It was asked for {app} alone; metrics are of the whole server.",
        "Leave out the app, or make a read-only token for it.",
        status=422,
    )


def no_token(number: int) -> PorticoError:
    return PorticoError(
        f"There is no token {number}.",
        "You have no token with this number; it may have been revoked.",
        "See which there are: portico tokens",
        status=404,
    )


def no_public_apps(app: str) -> PorticoError:
    return PorticoError(
        f"{app} cannot be made public.",
        "The operator of this server allows no public apps (public_apps).",
        f"Let in all who are signed in: portico access {app} signed-in",
        status=403,
    )


def no_deploy(name: str, deploy_id: int) -> PorticoError:
    return PorticoError(
        f"There is no deploy {deploy_id} of {name}.",
        "The app has no deploy with this number.",
        f"See its releases: portico releases {name}",
        status=404,
    )


def nothing_released(name: str, what: str) -> PorticoError:
    return PorticoError(
        f"{name} cannot be {what}.",
        "No deploy of this app has ever gone live.",
        f"Deploy it first: portico deploy --app {name}",
        status=409,
    )


def no_older(name: str, current: object) -> PorticoError:
    return PorticoError(
        f"{name} cannot be rolled back.",
        f"No release before {current} has been live.",
        f"See its releases: portico releases {name}",
        status=409,
    )


def no_version(name: str, version: int) -> PorticoError:
    return PorticoError(
        f"There is no release v{version} of {name}.",
        "The app has no release with this number.",
        f"See its releases: portico releases {name}",
        status=404,
    )


def not_possible(name: str, target: object, state: str) -> PorticoError:
    """For a release that was never live, that is live, or whose files have been removed."""
    reasons = {
        "live": "It is live already.",
        "pending": "It has not been live yet.",
        "failed": "It has never been live, because its deploy failed.",
        "retired": "Its files are gone; those of the newest releases are kept.",
    }
    return PorticoError(
        f"{name} cannot be rolled back to {target}.",
        reasons[state],
        f"Choose one that is retired: portico releases {name}",
        status=409,
    )


def already_final(name: str, deploy_id: int, state: str) -> PorticoError:
    return PorticoError(
        f"Deploy {deploy_id} cannot be cancelled.",
        f"It is already {state}.",
        f"See what became of it: portico releases {name}",
        status=409,
    )


def cancelled(user: str) -> Problem:
    return Problem(
        title="The deploy was cancelled.",
        detail=f"{user} asked for it before its turn came.",
        hint="Deploy again when you want it.",
    )
