"""`portico check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portico.cli import files
from portico.cli.arguments import AppOption, Json
from portico.cli.files import unreadable
from portico.cli.output import safe, safe_lines, show, show_json
from portico.cli.target import name_of, remote_of
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.builder.findings import Finding

COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}


def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder.")] = Path(),
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Say what a deploy of a folder would stumble over, with the lines to write."""
    folder = checked_folder(path)
    found = findings(folder, app or app_of(folder) or "my-app")
    if json:
        show_json([as_json(finding) for finding in found])
    else:
        for finding in found:
            show(as_text(finding))
    problems = errors(found)
    if problems:
        raise not_deployable(folder, problems)
    if not found and not json:
        show(f"{folder.resolve().name} is ready for `portico deploy`.")


def checked_folder(path: Path) -> Path:
    """The folder to deploy; says what else stands there."""
    hint = "Give the folder that has the Procfile in it, or go there and leave PATH out."
    try:
        if path.is_dir():
            return path
        there = path.exists()
    except OSError as error:
        raise unreadable(str(path), error) from error
    if there:
        raise PorticoError(f"{path} is not a folder.", "A deploy takes a whole folder.", hint)
    raise PorticoError(f"There is no folder {path}.", f"Searched in {Path.cwd()}.", hint)


def app_of(folder: Path) -> str | None:
    """The name that the folder's git remote or the folder itself gives the app."""
    remote = remote_of(folder)
    return remote.app if remote else name_of(folder.resolve())


def findings(folder: Path, name: str, paths: Sequence[str] | None = None) -> list[Finding]:
    """What the builder finds in the files that a deploy sends, which are `paths` if known."""
    from portico.builder import check as builder
    from portico.builder.findings import of_error

    found: list[Finding] = []
    try:
        if paths is None:
            paths = files.listed(folder)
    except PorticoError as error:
        found, paths = of_error(error, str(folder)), []
    try:
        return [*found, *builder.check(folder, name, paths, uv_program())]
    except OSError as error:
        raise unreadable(str(error.filename or folder), error) from error


def warnings_of_content(folder: Path, paths: Sequence[str]) -> list[Finding]:
    """What a build cannot say: it never sees the folder, only what was sent."""
    from portico.builder import check as builder

    return builder.of_content(folder, paths)


def uv_program() -> Path | None:
    """uv, which comes with this package."""
    import uv

    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError:
        return None


def errors(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if str(finding.severity) == "error"]


def as_text(finding: Finding) -> str:
    """Severity, place and what was found; below it the line to write."""
    severity = str(finding.severity)
    place = f"{finding.file}:{finding.line}" if finding.line else str(finding.file or "")
    head = typer.style(f"{severity:<8}", fg=COLOURS.get(severity), bold=True)
    what, *more = finding.what.split("\n")
    lines = [" ".join(part for part in (head, safe(place), safe(what)) if part)]
    lines += [f"{'':<9}{safe(line)}" for line in more]
    lines += [f"{'':<9}→ {safe(line)}" for line in (finding.fix or "").splitlines()]
    return "\n".join(lines)


def as_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "file": finding.file,
        "line": finding.line,
        "what": finding.what,
        "fix": finding.fix,
    }


def not_deployable(folder: Path, problems: list[Finding]) -> PorticoError:
    number = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
    return PorticoError(
        f"{folder.resolve().name} cannot be deployed as it is.",
        safe_lines(f"A deploy would fail of {number}."),
        "Correct what is marked as error; `portico check` looks again.",
    )
