"""Runs uv: always with a cache and an environment of the build, never with what it finds around."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portico.builder import log
from portico.builder.lessons import Context, lesson
from portico.builder.order import Places
from portico.errors import PorticoError

_NO_WHEEL = re.compile(
    r"no usable wheels|no (?:compatible )?wheels? |building from source is disabled"
    r"|[Bb]uilding source distributions .*disabled|marked as `--no-build`|no `?--?no-build"
)
_UNREACHABLE = re.compile(
    r"error sending request|Failed to fetch|dns error|tcp connect|timed? ?out"
)
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded|os error 28")
_NOT_THERE = re.compile(r"not found in the package registry|no version of|versions? .* available")
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_KEPT_LINES, _SHOWN_LINES = 400, 40
# What a failure means, by the first of these that stands in uv's explanation.
_MEANINGS = (
    (
        _DISK_FULL,
        "The server's disk is full.",
        "Ask the operator to free space; nothing of this build was kept.",
    ),
    (
        re.compile(r"\b(401 Unauthorized|403 Forbidden)\b|authentication failed", re.IGNORECASE),
        "A package index refused the user or the password.",
        "Check the address in {form} and the config vars that it uses, and deploy again.",
    ),
    (
        re.compile(r"invalid peer certificate|certificate verif|SSL certificate problem"),
        "The certificate of a package index is not trusted.",
        "Ask the operator to add the authority that issued it to the setting ca_bundle.",
    ),
    (
        _UNREACHABLE,
        "The package index could not be reached.",
        "Deploy again; if it fails again, ask the operator whether the server may reach it.",
    ),
)


class UvError(Exception):
    """uv ended with an error; `lines` are the last that it wrote."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    @property
    def no_wheel(self) -> bool:
        return bool(_NO_WHEEL.search(str(self)))


@dataclass(frozen=True)
class Uv:
    """uv, bound to one environment. `shared`: no code of a package may run.

    `own_index`: the app's files name an index instead of PyPI, which goes before the server's.
    `refresh`: what lies in the cache is looked at again, and what was built there is built anew.
    """

    places: Places
    environment: Path
    shared: bool
    own_index: bool = False
    refresh: bool = False

    def of_own_index(self) -> Uv:
        return dataclasses.replace(self, own_index=True)

    @property
    def has_other_index(self) -> bool:
        """Whether an index stands in for PyPI, whose own addresses lock files name."""
        return any(os.environ.get(name) for name in _INDEX_VARIABLES)

    @property
    def cache_words(self) -> tuple[str, ...]:
        """What commands that install are told of the cache."""
        return ("--refresh",) if self.refresh else ()

    def make(self, python: Path) -> None:
        """An empty environment for that interpreter."""
        self.run("venv", "--quiet", "--no-project", "--python", str(python), str(self.environment))

    def pip_install(self, *arguments: str, tree: Path) -> None:
        """`uv pip install` into the environment, from inside the app's tree."""
        wheels = ("--no-config", "--only-binary", ":all:") if self.shared else ()
        python = str(self.environment / "bin" / "python")
        words = (*self.cache_words, *wheels, *arguments)
        self.run("pip", "install", "--python", python, *words, tree=tree)

    def tool(self, *arguments: str, tree: Path, into: Path) -> None:
        """Run a Python tool in an environment of its own, its output into a file."""
        python = str((self.environment / "bin" / "python").resolve())
        command = [str(self.places.uv), "tool", "run", "--quiet", "--python", python, *arguments]
        with into.open("wb") as output:
            done = subprocess.run(
                command, cwd=tree, env=self.variables(), stdout=output, stderr=subprocess.PIPE,
                check=False,
            )  # fmt: skip
        if done.returncode:
            raise UvError(_lines(done.stderr))

    def ask(self, *arguments: str, tree: Path) -> tuple[int, str]:
        """Exit code of uv, and what it wrote."""
        done = subprocess.run(
            [self.places.uv, *arguments], cwd=tree, env=self.variables(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            errors="replace", check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def run(
        self, *arguments: str, tree: Path | None = None, extra: Mapping[str, str] | None = None
    ) -> None:
        """Run uv to its end, its lines into the log. Raises UvError."""
        process = subprocess.Popen(
            [self.places.uv, *arguments],
            cwd=tree,
            env={**self.variables(), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        lines: list[str] = []
        failing = False  # the explanation of a failure becomes the build's, see `explained`
        with process:
            for raw in process.stdout or ():
                line = raw.decode(errors="replace").rstrip()
                lines = [*lines[-_KEPT_LINES:], line]
                failing = failing or line.startswith("error:")
                if not failing and _worth_showing(line):
                    log.output(line)
        if process.returncode:
            raise UvError(lines)

    def variables(self) -> dict[str, str]:
        """The environment of uv: what this step was given, and where its things are."""
        # uv lets a variable go before what stands in the app's files.
        left_out = _INDEX_VARIABLES if self.own_index else ()
        return {
            **{name: value for name, value in os.environ.items() if name not in left_out},
            "UV_CACHE_DIR": str(self.places.py / "cache"),
            "UV_PYTHON_INSTALL_DIR": str(self.places.pythons),
            "UV_LINK_MODE": "hardlink",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
        }


def explained(error: UvError, form: str) -> PorticoError:
    """What uv's failure means to an author: its own words under one sentence of ours."""
    text = _plain(error.lines)
    for pattern, title, hint in _MEANINGS:
        if pattern.search(text):
            return PorticoError(title, text, hint.format(form=form))
    if _NOT_THERE.search(text) and os.environ.get(_INDEX_VARIABLES[0]):
        return PorticoError(
            f"The packages of {form} cannot be installed.",
            text,
            f"Correct {form}, or ask the operator to add what is missing to the server's package "
            "index, which stands in for PyPI.",
        )
    taught = lesson(error.lines, Context(form))
    return PorticoError(
        f"The packages of {form} cannot be installed.",
        text,
        taught
        or f"Correct {form}, try it on your machine with `uv pip install`, and deploy again.",
    )


def _plain(lines: list[str]) -> str:
    """uv's explanation without its labels and its progress, the end of it when it is long."""
    start = next((n for n, line in enumerate(lines) if line.startswith("error:")), 0)
    kept = [re.sub(r"^(error|\s*cause|hint): ", "", line).strip() for line in lines[start:]]
    kept = [line for line in kept if line]
    return "\n".join([kept[0], "...", *kept[-_SHOWN_LINES:]] if len(kept) > _SHOWN_LINES else kept)


def _lines(output: bytes) -> list[str]:
    return output.decode(errors="replace").splitlines()[-_KEPT_LINES:]


def _worth_showing(line: str) -> bool:
    return bool(line) and not line.startswith(("Using Python", "Using CPython"))
