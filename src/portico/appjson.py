"""app.json: Heroku's and Dokku's field names, as far as Portico follows them.

Standard library only: the CLI and the build sandbox share it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from portico.errors import PorticoError
from portico.remarks import Remark, Remarked

NAME = "app.json"
MOST_BYTES = 256 << 10

_KNOWN = {"env", "formation", "scripts", "healthchecks", "cron"}
# Written by many generators and of no consequence here, so not worth a warning.
_DESCRIPTIVE = {
    *("$schema", "name", "description", "keywords", "website", "repository", "logo", "stack"),
    *("success_url", "buildpacks", "addons", "environments", "image"),
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_TYPE = re.compile(r"[a-z0-9-]{1,20}")
_MOST_PROCESSES = 100
# Numbers of a liveness check: as they are written, and what `Liveness` calls them.
_NUMBERS = {
    "attempts": "attempts",
    "timeout": "timeout",
    "wait": "wait",
    "initialDelay": "initial_delay",
}
_BOUNDS = {"attempts": (1, 100, 3), "timeout": (1, 300, 5), "wait": (1, 3600, 5)} | {
    "initialDelay": (0, 3600, 0)
}
_CHECK_FIELDS = {"type", "name", "description", "path", *_NUMBERS}


@dataclass(frozen=True)
class Liveness:
    """When a running web process is asked, and from when on another takes its place."""

    path: str = "/"
    attempts: int = 3  # failures in a row
    timeout: int = 5  # seconds for one answer
    wait: int = 5  # seconds between two checks
    initial_delay: int = 0  # seconds after it has first answered


@dataclass(frozen=True)
class AppJson:
    """What an app.json asks for.

    `generated` variables get a secret, `defaults` a value, `required` ones must be set by the
    author; all only where no config var has the name.
    """

    formation: dict[str, int] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    generated: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    health_path: str | None = None
    liveness: Liveness | None = None
    predeploy: str | None = None
    postdeploy: str | None = None
    warnings: tuple[Remark, ...] = ()


def parse(text: str) -> AppJson:
    """Read an app.json. Raises PorticoError naming the line, or every field that is wrong."""
    reader = _Reader(_document(text))
    variables = reader.variables()
    found = AppJson(
        formation=reader.formation(),
        defaults={name: value for name, kind, value in variables if kind == "value"},
        generated=tuple(name for name, kind, _ in variables if kind == "generated"),
        required=tuple(name for name, kind, _ in variables if kind == "required"),
        health_path=reader.health_path(),
        liveness=reader.liveness(),
        predeploy=reader.script("dokku", "predeploy"),
        postdeploy=reader.script("postdeploy"),
        warnings=tuple(
            Remark(NAME, _line(text, what), what, fix) for what, fix in reader.warnings()
        ),
    )
    if reader.problems:
        raise Remarked(
            "app.json asks for something that Portico cannot do.",
            "\n".join(reader.problems),
            "Correct these fields, or leave them out.",
            [
                Remark(NAME, _line(text, what), what, "Correct it, or leave it out.")
                for what in reader.problems
            ],
        )
    return found


def _document(text: str) -> dict[str, Any]:
    if len(text) > MOST_BYTES:
        raise PorticoError(
            "app.json is too long.",
            f"It has {len(text):,} characters; {MOST_BYTES:,} are allowed.",
            "Leave out what Portico does not read.",
        )
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise _invalid(error) from None
    except RecursionError:
        document = None
    except ValueError:  # the only other one
        raise PorticoError(
            "app.json is not valid JSON.",
            "A number in it has more than 4300 digits.",
            "Correct that number, or leave it out.",
        ) from None
    if not isinstance(document, dict):
        raise PorticoError(
            "app.json is not a JSON object.",
            "The file must begin with { and end with }.",
            'The shortest one is {"formation": {"web": {"quantity": 1}}}.',
        )
    return document


def _invalid(error: json.JSONDecodeError) -> Remarked:
    what = f"Line {error.lineno}, column {error.colno}: {error.msg}."
    fix = "Correct it there; a comma too many or too few is the usual cause."
    told = f"It is not valid JSON at column {error.colno}: {error.msg}."
    remark = Remark(NAME, error.lineno, told, fix)
    return Remarked("app.json is not valid JSON.", what, fix, [remark])


def _instead(written: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(written, sorted(known), 1)
    return f"Write `{near[0]}`, or leave it out." if near else "Leave it out."


def _line(text: str, what: str) -> int | None:
    """The line where the last field that a remark names is written first."""
    named = re.findall(r"[\w-]+", re.split(r"[:`'] |` | (?:must|can) ", what.lstrip("`"))[0])
    quoted = re.findall(r"'([^']*)'", what)
    for word in reversed([*named, *quoted]):
        for number, line in enumerate(text.splitlines(), start=1):
            if f'"{word}"' in line:
                return number
    return None


class _Reader:
    """Takes an untrusted document apart, collecting what is wrong with it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.problems: list[str] = []

    def variables(self) -> list[tuple[str, str, str]]:
        """(name, kind, value) for each entry of `env` that means something."""
        found = []
        for name, entry in self._object("env").items():
            if not _VARIABLE.fullmatch(name):
                self.problems.append(f"env: {name[:60]!r} is not a variable name.")
            elif kind := self._variable(name, entry):
                found.append((name, *kind))
        return found

    def formation(self) -> dict[str, int]:
        found = {}
        for written, entry in self._object("formation").items():
            process = written.lower().replace("_", "-")
            quantity = entry.get("quantity", 1) if isinstance(entry, dict) else entry
            if not _TYPE.fullmatch(process):
                self.problems.append(f"formation: {written[:60]!r} is not a process type.")
            elif type(quantity) is not int or not 0 <= quantity <= _MOST_PROCESSES:
                self.problems.append(
                    f"formation.{written}.quantity must be a whole number from 0 to "
                    f"{_MOST_PROCESSES}."
                )
            else:
                found[process] = quantity
        return found

    def health_path(self) -> str | None:
        checks = self._checks("startup")
        return self._path(checks[0].get("path")) if checks else None

    def liveness(self) -> Liveness | None:
        checks = self._checks("liveness")
        if not checks:
            return None
        return Liveness(
            path=self._path(checks[0].get("path")) or "/",
            **{name: self._number(checks[0], written) for written, name in _NUMBERS.items()},
        )

    def _checks(self, kind: str) -> list[dict[str, Any]]:
        """Those of web that are of a kind; only the first one counts."""
        checks = self._object("healthchecks").get("web", [])
        if isinstance(checks, list):
            found = [check for check in checks if isinstance(check, dict)]
            return [check for check in found if check.get("type", "startup") == kind]
        self._complain("healthchecks.web must be a list.")
        return []

    def _number(self, check: dict[str, Any], written: str) -> int:
        least, most, default = _BOUNDS[written]
        value = check.get(written, default)
        if type(value) is int and least <= value <= most:
            return value
        self._complain(
            f"healthchecks.web: `{written}` must be a whole number from {least} to {most}."
        )
        return default

    def script(self, *keys: str) -> str | None:
        value: Any = self._object("scripts")
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return None
        if isinstance(value, str) and "\0" not in value:
            return value.strip() or None
        self.problems.append(f"scripts.{'.'.join(keys)} must be a line of shell.")
        return None

    def warnings(self) -> Iterator[tuple[str, str]]:
        """What is not read, and what to write instead."""
        for key in self._document.keys() - _KNOWN - _DESCRIPTIVE:
            what = f"`{key[:60]}` is not a field that Portico reads."
            yield what, _instead(key, _KNOWN | _DESCRIPTIVE)
        if self._document.get("cron"):
            what = "`cron` is not carried out yet; schedules come with a later version."
            yield what, "Leave it out until then."
        yield from self._unread_checks()
        for key in self._unknown_scripts():
            what = f"`scripts.{key[:60]}` is not a script that Portico runs."
            yield (
                what,
                _instead(f"scripts.{key}", {"scripts.postdeploy", "scripts.dokku.predeploy"}),
            )

    def _unread_checks(self) -> Iterator[tuple[str, str]]:
        for kind in self._object("healthchecks").keys() - {"web"}:
            what = f"`healthchecks.{kind[:60]}` is not read: only web processes are asked."
            yield what, "Leave it out."
        for check in self._checks("liveness")[:1]:
            for key in check.keys() - _CHECK_FIELDS:
                what = f"`{key[:60]}` of a liveness check is not a field that Portico reads."
                yield what, _instead(key, _CHECK_FIELDS)

    def _unknown_scripts(self) -> list[str]:
        scripts = self._object("scripts")
        dokku = scripts.get("dokku")
        inner = dokku if isinstance(dokku, dict) else ()
        return [
            *(key for key in scripts if key not in ("postdeploy", "dokku")),
            *(f"dokku.{key}" for key in inner if key != "predeploy"),
        ]

    def _variable(self, name: str, entry: object) -> tuple[str, str] | None:
        if isinstance(entry, str):
            return "value", entry
        if not isinstance(entry, dict):
            self.problems.append(f"env.{name} must be a string or an object.")
            return None
        generator, value = entry.get("generator"), entry.get("value")
        if generator not in (None, "secret"):
            self.problems.append(f"env.{name}.generator can only be `secret`.")
            return None
        if generator == "secret":
            return "generated", ""
        if isinstance(value, str):
            return "value", value
        if value is not None:
            self.problems.append(f"env.{name}.value must be a string.")
            return None
        # Heroku's rule: required unless it says otherwise.
        return ("required", "") if entry.get("required", True) is True else None

    def _path(self, path: object) -> str | None:
        if path is None:
            return None
        if isinstance(path, str) and re.fullmatch(r"/[!-~]{0,500}", path):
            return path
        self.problems.append("healthchecks.web: `path` must begin with a slash, without spaces.")
        return None

    def _object(self, key: str) -> dict[str, Any]:
        value = self._document.get(key) or {}
        if isinstance(value, dict):
            return value
        self._complain(f"{key} must be an object.")
        return {}

    def _complain(self, problem: str) -> None:
        """Once: more than one reader may meet it."""
        if problem not in self.problems:
            self.problems.append(problem)
