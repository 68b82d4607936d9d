"""Makes user namespaces that map several ids, and starts programs in them.

bubblewrap's own user namespace has one id. Where several are wanted, the namespace is made first
and bubblewrap runs in it as its root, without --unshare-user.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.engines.local.children.spawn import CONSTANT
from portico.engines.local.user_namespaces.idmap import Mapping, Span
from portico.errors import PorticoError

PROGRAM = Path(__file__).with_name("namespace_program.py")
SECONDS = 10


def open_namespace(interpreter: tuple[str, ...], mapping: Mapping) -> int:
    """A descriptor of a new namespace, which lasts as long as it does or somebody is in there.

    Raises PorticoError. As an ordinary user newuidmap and newgidmap write the mapping.
    """
    with _holder(interpreter) as holder:
        _write(holder.pid, "uid", mapping.uids)
        _write(holder.pid, "gid", mapping.gids)
        return os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)


def entry_words(descriptor: int, name: str, program: str, words: Iterable[str]) -> list[str]:
    """What the interpreter is given to become `program`, called `name`, as the namespace's root.

    It inherits the descriptor, and leaves no process of its own in between.
    """
    return [str(PROGRAM), "enter", str(descriptor), name, program, *words]


@contextmanager
def _holder(interpreter: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a namespace of its own, in which it is nobody yet."""
    with subprocess.Popen(
        [*interpreter, str(PROGRAM), "hold"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(CONSTANT),
        cwd="/",
    ) as holder:
        try:
            if holder.stdout is not None and not holder.stdout.readline():
                said = holder.stderr.read() if holder.stderr else b""
                raise not_made(said.decode(errors="replace"))
            yield holder
        finally:
            holder.kill()


def _write(pid: int, kind: str, spans: tuple[Span, ...]) -> None:
    if os.geteuid() == 0:
        _write_directly(pid, kind, spans)
        return
    numbers = [str(n) for span in spans for n in (span.inside, span.outside, span.count)]
    words = [f"new{kind}map", str(pid), *numbers]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise not_made(f"{words[0]}: {error}") from error
    if done.returncode != 0:
        raise not_made(done.stderr)


def _write_directly(pid: int, kind: str, spans: tuple[Span, ...]) -> None:
    lines = "".join(f"{span.inside} {span.outside} {span.count}\n" for span in spans)
    try:
        Path(f"/proc/{pid}/{kind}_map").write_text(lines)  # the kernel takes one write only
    except OSError as error:
        raise not_made(f"{kind}_map: {error.strerror}") from error


def not_made(said: str) -> PorticoError:
    return PorticoError(
        "A user namespace with several ids could not be made.",
        said.strip() or "The one that tried said nothing.",
        "Run `portico server doctor` on the server; it says what the machine lacks.",
        status=500,
    )
