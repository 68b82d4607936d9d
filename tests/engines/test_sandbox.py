"""From a sandbox to bubblewrap's words, by equality."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.engines.sandbox import (
    Bind,
    Directory,
    Kernel,
    Link,
    MemoryOverlay,
    Network,
    Overlay,
    Root,
    Sandbox,
    Scratch,
    Text,
    entry_words,
    exports,
    launcher_words,
)

PLAIN = Sandbox(
    mounts=(Bind("/usr", "/usr"),), command=("the", "command"), user=None, hostname="my-app"
)
SCRIPT = 'ulimit -c 0; umask 022; cd /app; unset OLDPWD; . /run/portico/env; exec "$@"'


def test_a_sandbox_of_an_ordinary_user() -> None:
    assert launcher_words(PLAIN) == [
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"),
        *("--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
        "--die-with-parent",
        "--new-session",
        *("--hostname", "my-app"),
        *("--clearenv", "--setenv", "PATH", "/usr/bin:/bin"),
        *("--ro-bind", "/usr", "/usr"),
        *("--remount-ro", "/", "--chdir", "/"),
        *("--", "/bin/sh", "-c", SCRIPT, "sh", "the", "command"),
    ]


def test_a_sandbox_made_by_root_drops_to_the_user_by_itself() -> None:
    words = launcher_words(replace(PLAIN, user=70))
    assert words[4:12] == [
        *("--cap-drop", "ALL", "--cap-add", "CAP_SETUID"),
        *("--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"),
    ]
    assert words[words.index("--") + 1 :] == [
        "/usr/bin/setpriv",
        *("--reuid=70", "--regid=70", "--clear-groups", "--no-new-privs"),
        *("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"),
        *("/bin/sh", "-c", SCRIPT, "sh", "the", "command"),
    ]
    assert "--unshare-user" not in words


def test_among_the_users_of_a_stack_bubblewrap_itself_becomes_the_user() -> None:
    """No program of the stack, which may be a package's, runs before."""
    words = launcher_words(replace(PLAIN, user=70_000, namespace=9))
    assert words[4:12] == [
        *("--userns", "9", "--uid", "70000", "--gid", "70000", "--cap-drop", "ALL"),
    ]
    assert words[words.index("--") + 1] == "/bin/sh"


def test_the_root_of_a_stack_keeps_what_installing_packages_needs() -> None:
    root = replace(
        PLAIN, user=0, namespace=9, capabilities=("CAP_CHOWN",), changes_root=True, directory="/"
    )
    words = launcher_words(root)
    assert words[4:8] == ["--cap-drop", "ALL", "--cap-add", "CAP_CHOWN"]
    assert not {"--userns", "--unshare-user", "--remount-ro"} & set(words)
    assert words[words.index("--") + 1] == "/bin/sh"


def test_a_stack_lies_below_its_layer_and_mounts_find_their_places_in_memory() -> None:
    assert Root(("/stack", "/layer")).words() == [
        *("--overlay-src", "/stack", "--overlay-src", "/layer", "--tmp-overlay", "/"),
    ]


def test_a_process_outlives_its_parent_and_says_when_it_begins() -> None:
    process = replace(PLAIN, ends_with_parent=False, announces=True, status=9)
    words = launcher_words(process)
    assert "--die-with-parent" not in words
    assert words[words.index("--json-status-fd") + 1] == "9"
    assert words[words.index("-c") + 1] == f"echo >&0; exec </dev/null; {SCRIPT}"


def test_a_build_step_is_nice_and_may_have_no_network() -> None:
    step = replace(PLAIN, network=Network.NONE, niceness=10)
    assert "--unshare-net" in launcher_words(step)
    assert entry_words(step)[3:] == ["sh", "/usr/bin/nice", "-n", "10", "the", "command"]


def test_a_filter_on_system_calls_is_given_by_descriptor() -> None:
    words = launcher_words(PLAIN, 11)
    assert words[words.index("--seccomp") + 1] == "11"
    assert words.index("--seccomp") < words.index("--")
    assert "--seccomp" not in launcher_words(PLAIN)


def test_a_terminal_gets_a_session_of_its_own() -> None:
    words = entry_words(replace(PLAIN, has_terminal=True))
    assert words[3:] == ["sh", "/usr/bin/setsid", "--ctty", "the", "command"]


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        (Bind("/a", "/b"), "--ro-bind /a /b"),
        (Bind("/a", "/b", writable=True), "--bind /a /b"),
        (Directory("/a"), "--perms 0755 --dir /a"),
        (Scratch("/a"), "--perms 1777 --tmpfs /a"),
        (Text(5, "/a"), "--perms 0444 --ro-bind-data 5 /a"),
        (Link("usr/bin", "/bin"), "--symlink usr/bin /bin"),
        (Overlay("/l", "/u", "/w", "/a"), "--overlay-src /l --overlay /u /w /a"),
        (MemoryOverlay("/l", "/a"), "--overlay-src /l --tmp-overlay /a --chmod 0777 /a"),
        (
            Kernel(48),
            "--proc /proc --dev /dev --perms 1777 --size 48 --tmpfs /dev/shm --remount-ro /dev",
        ),
    ],
)
def test_mounts_in_words(mount: Bind, words: str) -> None:
    assert mount.words() == words.split()


def test_variables_become_lines_of_shell() -> None:
    assert exports({"A": "b c", "QUOTE": "it's"}) == b"export A='b c'\nexport QUOTE='it'\\''s'\n"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
def test_the_shell_reads_every_value_as_it_was(value: str) -> None:
    script = exports({"VALUE": value}) + b'printf %s "$VALUE"'
    shown = subprocess.run(["/bin/sh"], input=script, capture_output=True, check=True)
    assert shown.stdout == value.encode()
