"""The Procfile: how it is read, and what its commands say of the web server they start.

Standard library only: the CLI, the build sandbox and the agent share it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from portico.errors import PorticoError
from portico.remarks import Remark, Remarked

NAME = "Procfile"
RELEASE = "release"
MOST_BYTES = 64 << 10

_TYPE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_LINES_HINT = "Write lines such as `web: gunicorn mysite.wsgi`, one for each process type."


Mode = Literal["mount", "strip"]

# WSGI servers split SCRIPT_NAME off the full path; ASGI servers want the prefix removed.
_MODES: dict[str, Mode | None] = {
    "gunicorn": "mount",
    "uvicorn": "strip",
    "hypercorn": "strip",
    "daphne": "strip",
    "fastapi": "strip",
    "waitress-serve": None,
    "streamlit": None,
}
_WSGI_WORKERS = {"sync", "gthread", "gevent", "eventlet", "gevent_wsgi", "gevent_pywsgi"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_RUNNERS = {("uv", "run"), ("poetry", "run"), ("pipenv", "run")}
_PYTHON_MODULE = re.compile(r"(\S*/)?python[0-9.]* -m$")
_MOVING = ("--chdir", "--pythonpath", "--app-dir", "--factory-dir")
# Options of these servers that stand alone; all others are followed by a value.
_FLAGS = {
    "--reload", "--preload", "--factory", "--daemon", "-D", "--reuse-port", "--no-access-log",
    "--access-log", "--proxy-headers", "--no-proxy-headers", "--no-server-header", "--spew",
    "--server-header", "--enable-stdio-inheritance", "-R", "--capture-output", "--use-colors",
    "--no-use-colors", "--no-sendfile", "--check-config", "--debug", "-q", "--quiet",
    "--no-control-socket", "--dirty-workers-disabled", "--log-syslog", "--proxy-protocol",
}  # fmt: skip


@dataclass(frozen=True)
class Procfile:
    """Process types and their commands. `lines` has the line number of each type."""

    processes: dict[str, str]
    release: str | None = None
    lines: dict[str, int] = field(default_factory=dict)
    warnings: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Server:
    """What a command says of the web server that it starts.

    `module` is the application's module, None when the command does not name one plainly.
    `moved`: the module is looked up elsewhere than in the app's root.
    `config`: a gunicorn configuration file named by the command.
    """

    name: str
    mode: Mode | None
    module: str | None = None
    moved: bool = False
    config: str | None = None


@dataclass(frozen=True)
class _Line:
    number: int
    written: str
    type: str
    command: str


def parse(text: str) -> Procfile:
    """Read a Procfile. Raises Remarked with every line that cannot be understood."""
    if len(text) > MOST_BYTES:
        raise PorticoError(
            "The Procfile is too long.",
            f"It has {len(text):,} characters; {MOST_BYTES:,} are allowed.",
            _LINES_HINT,
        )
    lines, problems = _read_lines(text.removeprefix("\ufeff"))
    problems += _duplicates(lines)
    if problems:
        raise _malformed(sorted(problems, key=lambda remark: remark.line or 0))
    if not lines:
        raise PorticoError(
            "The Procfile is empty.", "It has no line that names a process.", _LINES_HINT
        )
    return Procfile(
        processes={line.type: line.command for line in lines if line.type != RELEASE},
        release=next((line.command for line in lines if line.type == RELEASE), None),
        lines={line.type: line.number for line in lines},
        warnings=tuple(_warnings(lines)),
    )


def near_miss(names: Iterable[str]) -> str | None:
    """The file among `names` that was probably meant to be the Procfile."""
    alike = re.compile(r"procfiles?\b", re.IGNORECASE)
    return next((name for name in sorted(names) if name != NAME and alike.match(name)), None)


def server_of(command: str) -> str | None:
    """The name of the web server that a command starts, None for anything else."""
    server = read_server(command)
    return server.name if server else None


def read_server(command: str) -> Server | None:
    """The server that a line of shell starts, None when it is no known one."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return None
    words, moved = _last_simple_command(words)
    words = _without_runners(words)
    if not words:
        return None
    name = words[0].rpartition("/")[2]
    if name not in _MODES:
        return None
    return _described(name, words[1:], moved)


def worker_mode(worker: str) -> Mode | None:
    """The path mode of a gunicorn worker class, None for one that is not known."""
    if worker in _WSGI_WORKERS:
        return "mount"
    return "strip" if re.search(r"uvicorn|asgi", worker, re.IGNORECASE) else None


def _malformed(problems: list[Remark]) -> Remarked:
    return Remarked(
        "The Procfile cannot be understood.",
        "\n".join(f"Line {remark.line}: {remark.what}" for remark in problems),
        "Each line is `type: command`, each type once, such as `web: gunicorn mysite.wsgi`.",
        problems,
    )


def _read_lines(text: str) -> tuple[list[_Line], list[Remark]]:
    lines: list[_Line] = []
    problems: list[Remark] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        content = raw.strip()
        if not content or content.startswith("#"):
            continue
        line = _read_line(number, content)
        if isinstance(line, Remark):
            problems.append(line)
        else:
            lines.append(line)
    return lines, problems


def _read_line(number: int, content: str) -> _Line | Remark:
    def wrong(what: str, fix: str) -> Remark:
        return Remark(NAME, number, what, fix)

    written, colon, command = (part.strip() for part in content.partition(":"))
    if content.startswith(_MERGE_MARKERS):
        return wrong(f"{_shown(content)} is a merge marker.", "Finish the merge, and remove it.")
    if not colon:
        return wrong(f"{_shown(content)} has no colon.", _with_colon(content))
    if not _TYPE.fullmatch(written):
        return wrong(
            f"{_shown(written)} is not a process type: "
            "1 to 20 letters, digits, hyphens or underscores.",
            f"Write a type before the colon, such as `worker: {command[:40] or 'COMMAND'}`.",
        )
    if not command:
        return wrong(
            f"{_shown(written)} has no command.",
            "Write behind the colon what it runs, or remove the line.",
        )
    if "\0" in command:
        return wrong(
            f"The command of {_shown(written)} contains a NUL character.",
            "Save the Procfile with the encoding UTF-8.",
        )
    return _Line(number, written, written.lower().replace("_", "-"), command)


def _with_colon(content: str) -> str:
    """What a line without a colon was probably meant to be."""
    first, _, rest = content.partition(" ")
    starts_program = first in _MODES or first.startswith("python") or not _TYPE.fullmatch(first)
    if starts_program:
        return f"Write {_shown(f'web: {content}')}."
    command = rest.strip() or "COMMAND"
    return f"Write {_shown(f'{first.lower()}: {command}')}."


def _duplicates(lines: list[_Line]) -> list[Remark]:
    first: dict[str, int] = {}
    problems = []
    for line in lines:
        if line.type in first:
            what = f"{_shown(line.written)} is already on line {first[line.type]}."
            fix = "Remove one of the two, or give it another type."
            problems.append(Remark(NAME, line.number, what, fix))
        first.setdefault(line.type, line.number)
    return problems


def _warnings(lines: list[_Line]) -> Iterable[Remark]:
    for line in lines:
        if line.written != line.type:
            what = f"`{line.written}` is read as `{line.type}`."
            yield Remark(NAME, line.number, what, f"Write `{line.type}: {line.command[:60]}`.")
    if not any(line.type == "web" for line in lines):
        what = "there is no `web` line, so nothing answers at the app's address."
        yield Remark(NAME, None, what, "Add a line such as `web: gunicorn mysite.wsgi`.")


def _shown(text: str) -> str:
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"`{printable[:40]}`"


def _described(name: str, arguments: list[str], moved: bool) -> Server:
    options, plain = _options(arguments)
    if name == "fastapi" and plain[:1] != ["run"]:
        return Server(name, None)
    worker = options.get("-k") or options.get("--worker-class")
    mode = worker_mode(worker) if name == "gunicorn" and worker else _MODES[name]
    return Server(
        name,
        mode,
        None if name in ("fastapi", "streamlit") else _module(plain),
        moved or any(option in options for option in _MOVING),
        options.get("-c") or options.get("--config") if name == "gunicorn" else None,
    )


def _last_simple_command(words: list[str]) -> tuple[list[str], bool]:
    """What follows the last `&&` or `;`, and whether a `cd` went before it."""
    start, moved = 0, False
    for index, word in enumerate(words):
        if word in ("|", "||", "&"):
            return [], False
        if word == "&&" or word.endswith(";"):
            moved = moved or words[start] == "cd"
            start = index + 1
    return words[start:], moved


def _without_runners(words: list[str]) -> list[str]:
    while words:
        if _ASSIGNMENT.match(words[0]) or words[0] in ("exec", "env"):
            words = words[1:]
        elif tuple(words[:2]) in _RUNNERS or _PYTHON_MODULE.match(" ".join(words[:2])):
            words = words[2:]
        else:
            break
    return words


def _options(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    plain: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-"):
            plain.append(word)
        elif "=" in word:
            name, _, options[name] = word.partition("=")
        elif re.fullmatch(r"-[kcbwt]\S+", word):
            options[word[:2]] = word[2:]
        else:
            options[word] = "" if word in _FLAGS else next(rest, "")
    return options, plain


def _module(plain: list[str]) -> str | None:
    if not plain:
        return None
    module = plain[0].partition(":")[0]
    return module if _MODULE.fullmatch(module) else None
