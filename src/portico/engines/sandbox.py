"""What a process may see and do, and the bubblewrap command line that makes it so. Pure.

The words of that line are the same for every user of the machine to read, so none is a secret: an
app's variables are a file of `export` lines (`exports`) that bubblewrap copies from a descriptor
to ENVIRONMENT_FILE and that the last shell reads, after privileges are gone. Everything before
that shell runs with a constant environment. See docs/decisions/0004-sandbox.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from portico.engines.seccomp.policy import DENIED, Refusal
from portico.errors import PorticoError

ENVIRONMENT_FILE = "/run/portico/env"
LAUNCHER_PATH = "/usr/bin:/bin"
# SETPCAP is for setpriv's --bounding-set: without it the set stays full, without an error.
LAUNCHER_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
NAMESPACES = ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup")


class Mount(Protocol):
    """Something at a path inside the sandbox, in bubblewrap's words."""

    def words(self) -> list[str]: ...


@dataclass(frozen=True)
class Bind:
    source: str
    target: str
    writable: bool = False

    def words(self) -> list[str]:
        return ["--bind" if self.writable else "--ro-bind", self.source, self.target]


@dataclass(frozen=True)
class BindOpened:
    """A folder that was opened before, so that no name on the way to it can be exchanged."""

    descriptor: int
    target: str

    def words(self) -> list[str]:
        return ["--ro-bind-fd", str(self.descriptor), self.target]


@dataclass(frozen=True)
class Directory:
    """Also for the parents of a mount: those that bubblewrap makes itself are 0700."""

    target: str

    def words(self) -> list[str]:
        return ["--perms", "0755", "--dir", self.target]


@dataclass(frozen=True)
class Scratch:
    """An empty folder in memory that everybody inside may write to, of at most `size` bytes."""

    target: str
    size: int | None = None

    def words(self) -> list[str]:
        size = [] if self.size is None else ["--size", str(self.size)]
        return ["--perms", "1777", *size, "--tmpfs", self.target]


@dataclass(frozen=True)
class Text:
    """A file whose content is read from a descriptor of the launcher's."""

    descriptor: int
    target: str

    def words(self) -> list[str]:
        return ["--perms", "0444", "--ro-bind-data", str(self.descriptor), self.target]


@dataclass(frozen=True)
class Link:
    to: str
    target: str

    def words(self) -> list[str]:
        return ["--symlink", self.to, self.target]


@dataclass(frozen=True)
class Overlay:
    """A folder whose writes go to `upper` on disk; `work` is the kernel's, beside it."""

    lower: str
    upper: str
    work: str
    target: str

    def words(self) -> list[str]:
        return ["--overlay-src", self.lower, "--overlay", self.upper, self.work, self.target]


@dataclass(frozen=True)
class Root:
    """The whole file system: folders over one another, the first at the bottom.

    What is mounted later finds its place in memory; the folders are not written to.
    """

    lower: tuple[str, ...]

    def words(self) -> list[str]:
        sources = [word for folder in self.lower for word in ("--overlay-src", folder)]
        return [*sources, "--tmp-overlay", "/"]


@dataclass(frozen=True)
class Memory:
    """An empty folder in memory, for mounts and small files of the sandbox itself."""

    target: str

    def words(self) -> list[str]:
        return ["--perms", "0755", "--size", str(1 << 20), "--tmpfs", self.target]


@dataclass(frozen=True)
class MemoryOverlay:
    """A folder whose writes go to memory."""

    lower: str
    target: str

    def words(self) -> list[str]:
        # The top belongs to the launcher's user; the mount is this sandbox's alone.
        top = ["--chmod", "0777", self.target]
        return ["--overlay-src", self.lower, "--tmp-overlay", self.target, *top]


@dataclass(frozen=True)
class Kernel:
    """/proc and a minimal /dev; shared memory is for everybody, as on any machine."""

    shared_memory: int | None = None  # bytes at most

    def words(self) -> list[str]:
        shared = Scratch("/dev/shm", self.shared_memory)  # noqa: S108 - the sandbox's own
        # Without root /dev belongs to the user inside, who could fill it.
        return ["--proc", "/proc", "--dev", "/dev", *shared.words(), "--remount-ro", "/dev"]


class Network(StrEnum):
    """Which network a sandbox is in: that which its launcher is started in, or none."""

    LAUNCHERS = "launcher's"
    NONE = "none"


@dataclass(frozen=True)
class Sandbox:
    """One sandbox. `command` runs with the variables of ENVIRONMENT_FILE."""

    mounts: tuple[Mount, ...]
    command: tuple[str, ...]
    user: int | None  # to become this user; None: a user namespace of the launcher's user
    hostname: str
    namespace: int | None = None  # a user namespace, opened, in which `user` is one of several
    capabilities: tuple[str, ...] = ()  # kept in that namespace
    changes_root: bool = False  # the file system that it stands on is what it is there to fill
    directory: str = "/app"
    network: Network = Network.LAUNCHERS
    ends_with_parent: bool = True
    announces: bool = False  # writes a line to its stdin, a pipe, just before the command
    has_terminal: bool = False
    niceness: int = 0
    refusals: tuple[Refusal, ...] = DENIED  # system calls that fail inside
    rlimits: tuple[tuple[str, int], ...] = ()  # by prlimit's names, for each process
    files: int | None = None  # open at once, in each process
    status: int | None = None  # descriptor that bubblewrap writes its status documents to


def launcher_words(sandbox: Sandbox, filtering: int | None = None) -> list[str]:
    """bubblewrap's arguments, without its own name.

    `filtering` is a descriptor of the program for `sandbox.refusals`. bubblewrap lays it on itself
    last of all, so the drop of privileges runs under it too.
    """
    return [
        *NAMESPACES,
        *_privilege_words(sandbox),
        *(["--unshare-net"] if sandbox.network is Network.NONE else []),
        *(["--die-with-parent"] if sandbox.ends_with_parent else []),
        *(["--json-status-fd", str(sandbox.status)] if sandbox.status is not None else []),
        *(["--seccomp", str(filtering)] if filtering is not None else []),
        "--new-session",
        *("--hostname", sandbox.hostname),
        *("--clearenv", "--setenv", "PATH", LAUNCHER_PATH),
        *(word for mount in sandbox.mounts for word in mount.words()),
        *([] if sandbox.changes_root else ["--remount-ro", "/"]),
        *("--chdir", "/"),
        "--",
        *entry_words(sandbox),
    ]


def _privilege_words(sandbox: Sandbox) -> list[str]:
    if sandbox.namespace is not None:
        user = str(sandbox.user)
        entered = ["--userns", str(sandbox.namespace), "--uid", user, "--gid", user]
        # bubblewrap does not become a root that is called as its own is: it is entered before.
        entered = [] if sandbox.user == 0 else entered
        return [*entered, *_keeping(sandbox.capabilities)]
    if sandbox.user is None:
        return ["--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    return _keeping(LAUNCHER_CAPABILITIES)


def _keeping(capabilities: tuple[str, ...]) -> list[str]:
    added = (word for name in capabilities for word in ("--cap-add", name))
    return ["--cap-drop", "ALL", *added]


def entry_words(sandbox: Sandbox) -> list[str]:
    """What runs inside: drop privileges, read the variables, become the command."""
    session = ["/usr/bin/setsid", "--ctty"] if sandbox.has_terminal else []
    nice = ["/usr/bin/nice", "-n", str(sandbox.niceness)] if sandbox.niceness else []
    script = _script(sandbox.directory, sandbox.files, announces=sandbox.announces)
    shell = ["/bin/sh", "-c", script, "sh", *session, *nice, *sandbox.command]
    # In a namespace of several users bubblewrap has become the user itself. It must: what stands
    # at /usr/bin/setpriv there may be a package's.
    drop = drop_words(sandbox.user) if sandbox.namespace is None else []
    return [*drop, *_limit_words(sandbox.rlimits), *shell]


def _limit_words(rlimits: tuple[tuple[str, int], ...]) -> list[str]:
    """Both the limit and how far it can be raised."""
    if not rlimits:
        return []
    return ["/usr/bin/prlimit", *(f"--{name}={most}:{most}" for name, most in rlimits), "--"]


def drop_words(user: int | None) -> list[str]:
    """The end of every privilege; nothing to do in a user namespace without capabilities."""
    if user is None:
        return []
    return [
        "/usr/bin/setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
        "--ambient-caps=-all",
        "--bounding-set=-all",
        "--",
    ]


def _script(directory: str, files: int | None, *, announces: bool) -> str:
    """The folder is entered here, as the user: it is closed to all others, the launcher included."""
    announce = ["echo >&0", "exec </dev/null"] if announces else []
    # A crash with 10 GB of memory would write as much to the disk.
    limits = ["ulimit -c 0", *([] if files is None else [f"ulimit -n {files}"])]
    steps = ("umask 022", f"cd {directory}", "unset OLDPWD", f". {ENVIRONMENT_FILE}", 'exec "$@"')
    return "; ".join([*announce, *limits, *steps])


def exports(environment: Mapping[str, str]) -> bytes:
    """The variables as lines of shell."""
    lines = (f"export {name}={_quoted(name, value)}\n" for name, value in environment.items())
    return "".join(lines).encode(errors="surrogateescape")


def _quoted(name: str, value: str) -> str:
    if "\0" in value:
        raise PorticoError(
            f"The variable {name} cannot be set.",
            "Its value holds a NUL character, which no environment variable can.",
            "Set it to a value without one, encoded as base64 for example.",
        )
    return "'" + value.replace("'", "'\\''") + "'"
