"""`portico deploy`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli import files
from portico.cli.archive import packed
from portico.cli.arguments import AppOption, Json, Yes
from portico.cli.check import (
    as_text,
    checked_folder,
    errors,
    findings,
    not_deployable,
    warnings_of_content,
)
from portico.cli.follow import follow, stream_for
from portico.cli.git import said
from portico.cli.output import Progress, confirm, megabytes, note, progress, show, show_json_line
from portico.cli.target import Target, connect, exists, name_of, remote_of
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.documents import Deploy


def deploy(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder to deploy.")] = Path(),
    app: AppOption = None,
    yes: Yes = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build all layers anew.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel the deploys under way instead.")
    ] = False,
    json: Json = False,
) -> None:
    """Build a folder and let it serve; what served before does so until the new one answers."""
    started = time.monotonic()
    folder = checked_folder(path)
    target = _target(folder, app)
    if cancel:
        _cancel(target)
        return
    paths = files.listed(folder)
    _check(folder, target.app, paths)
    create = not exists(target.client, target.app)
    if create and not yes and not confirm(f"Make the app {target.app}?"):
        raise _not_made(target.app)
    with progress(stream_for(json), f"Packing {len(paths)} files") as bar:
        live = follow(target.client, _uploaded(target, folder, paths, no_cache, create, bar), bar)
    _tell(live, time.monotonic() - started, json)


def _target(folder: Path, app: str | None) -> Target:
    """The app that is named, the git remote's, or one of the folder's name, made if need be."""
    remote = None if app else remote_of(folder)
    name = app or (remote.app if remote else name_of(folder.resolve()))
    if name is None:
        raise PorticoError(
            "The app needs a name.",
            f"The folder's name, {folder.resolve().name!r}, has no two letters to make one of.",
            "Name it: `portico deploy --app NAME`.",
        )
    return Target(connect(remote), name)


def _check(folder: Path, name: str, paths: list[str]) -> None:
    """What would certainly fail need not be uploaded; other warnings come with the build's log."""
    problems = errors(findings(folder, name, paths))
    for problem in problems or warnings_of_content(folder, paths):
        note(as_text(problem))
    if problems:
        raise not_deployable(folder, problems)


def _uploaded(
    target: Target, folder: Path, paths: list[str], no_cache: bool, create: bool, bar: Progress
) -> Deploy:
    with packed(folder, paths, lambda n: bar.tick(f"Packing file {n} of {len(paths)}")) as (
        archive,
        size,
    ):
        bar.step(f"Uploading {megabytes(size)}")
        try:
            return target.client.deploy(
                target.app,
                archive,
                size,
                commit=commit_of(folder),
                no_cache=no_cache,
                create=create,
                sent=_shown(bar, size),
            )
        except KeyboardInterrupt:
            raise _interrupted(target.app) from None


def _shown(bar: Progress, size: int) -> Callable[[int], None]:
    return lambda sent: bar.tick(f"Uploading {megabytes(sent)} of {megabytes(size)}")


def commit_of(folder: Path) -> str | None:
    """The commit that the folder is at, `-dirty` behind it when that is not all."""
    return said(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _tell(deploy: Deploy, seconds: float, json: bool) -> None:
    took = round(seconds, 2)
    if json:
        line = {"app": deploy.app, "release": deploy.release, "url": deploy.url, "seconds": took}
        show_json_line(line)
    else:
        show(f"Live after {took} s: {deploy.url}")


def _cancel(target: Target) -> None:
    waiting = [deploy for deploy in target.client.deploys(target.app) if not deploy.final]
    if not waiting:
        raise PorticoError(
            f"There is nothing to cancel for {target.app}.",
            "None of its deploys is waiting or under way.",
            f"`portico releases {target.app}` shows what has been deployed.",
        )
    for deploy in waiting:
        target.client.cancel(target.app, deploy.id)
        show(f"Cancelling deploy {deploy.id} of {target.app}, which was {deploy.state}.")


def _not_made(app: str) -> PorticoError:
    return PorticoError(
        "Nothing was deployed.",
        f"There is no app {app} yet, and it was not to be made.",
        "Name another with --app, or set the git remote `portico` to the app you mean.",
    )


def _interrupted(app: str) -> PorticoError:
    return PorticoError(
        f"The upload for {app} was interrupted.",
        "The server throws away what it has of it; nothing was deployed.",
        "`portico deploy` begins anew.",
    )
