"""What the doctor says of the kernel's settings: of made ones, and of this machine's."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.engines.protections.kernel_settings import NUMBERS, enough, user_namespaces
from portico.engines.protections.protection import Protection


def settings(root: Path, **values: object) -> Path:
    """A /proc/sys in which `a__b` is the file a/b."""
    for name, value in values.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return root


def test_what_is_enough_is_on(tmp_path: Path) -> None:
    root = settings(
        tmp_path,
        fs__inotify__max_user_instances=65_536,
        fs__inotify__max_user_watches=65_536,
        **{"fs__file-max": 9_223_372_036_854_775_807, "fs__nr_open": 1_048_576},
    )
    assert list(enough(root)) == [Protection(number.name, on=True) for number in NUMBERS]


def test_what_is_too_little_is_told_with_the_command_that_raises_it(tmp_path: Path) -> None:
    root = settings(
        tmp_path,
        fs__inotify__max_user_instances=128,
        fs__inotify__max_user_watches=8192,
        **{"fs__file-max": 200_000, "fs__nr_open": 20_000},
    )
    assert {(one.name, one.on, one.how) for one in enough(root)} == {
        (
            "inotify instances for the router",
            False,
            "There are 128: as root run sysctl fs.inotify.max_user_instances=65536 and put that "
            "line into /etc/sysctl.d/portico.conf.",
        ),
        (
            "inotify watches for the router and apps",
            False,
            "There are 8,192: as root run sysctl fs.inotify.max_user_watches=524288 and put that "
            "line into /etc/sysctl.d/portico.conf.",
        ),
        (
            "open files of the whole machine",
            False,
            "There are 200,000: as root run sysctl fs.file-max=4194304 and put that line into "
            "/etc/sysctl.d/portico.conf.",
        ),
        (
            "open files that a process can be allowed",
            False,
            "There are 20,000: as root run sysctl fs.nr_open=1048576 and put that line into "
            "/etc/sysctl.d/portico.conf.",
        ),
    }


def test_a_kernel_that_does_not_tell_is_not_judged(tmp_path: Path) -> None:
    assert list(enough(tmp_path)) == []


def test_this_machine_tells_all_of_them() -> None:
    assert [one.name for one in enough()] == [number.name for number in NUMBERS]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        (
            "user__max_user_namespaces",
            0,
            "user.max_user_namespaces=0 forbids them: as root run sysctl "
            "user.max_user_namespaces=15000",
        ),
        (
            "kernel__unprivileged_userns_clone",
            0,
            "kernel.unprivileged_userns_clone=0 forbids them: as root run sysctl "
            "kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel__apparmor_restrict_unprivileged_userns",
            1,
            "kernel.apparmor_restrict_unprivileged_userns=1 forbids them: as root run sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_the_setting_that_forbids_user_namespaces_is_named(
    tmp_path: Path, setting: str, value: int, said: str
) -> None:
    root = settings(tmp_path, **{setting: value})
    assert user_namespaces(allowed=True, root=root) == Protection("user namespaces", on=True)
    assert user_namespaces(allowed=False, root=root).how == (
        f"{said} and put that line into /etc/sysctl.d/portico.conf. "
        "As root the server does without."
    )


def test_several_that_forbid_them_are_all_named(tmp_path: Path) -> None:
    root = settings(
        tmp_path, user__max_user_namespaces=0, kernel__apparmor_restrict_unprivileged_userns=1
    )
    assert user_namespaces(allowed=False, root=root).how == (
        "user.max_user_namespaces=0 and kernel.apparmor_restrict_unprivileged_userns=1 forbid "
        "them: as root run sysctl user.max_user_namespaces=15000 "
        "kernel.apparmor_restrict_unprivileged_userns=0 and put those lines into "
        "/etc/sysctl.d/portico.conf. As root the server does without."
    )


def test_a_refusal_that_no_setting_explains_is_told_as_such(tmp_path: Path) -> None:
    root = settings(tmp_path, user__max_user_namespaces=15_000)
    assert user_namespaces(allowed=False, root=root).how == (
        "None of the kernel's settings says why not. In a container, let it have nested ones "
        "(Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined). As root "
        "the server does without."
    )
