"""What all tests share: which of them this machine can run, and a real server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin
from xdist.workermanage import NodeManager

from portico.builder.apt.sources import DEBIAN
from portico.engines.local.host import stack_support
from tests.browsing import BROWSERS, browser, context, has_browser, page  # noqa: F401 - fixtures
from tests.servers import Server, started

# Of several processes that run tests none is to sit over a long file when the others are done.
LONG = (
    "tests/e2e/test_system_packages.py",
    "tests/engines/local/test_subordinate.py",
    "tests/e2e/",
)
EXIT_SECONDS = 20  # for workers after Ctrl-C; after 15 they end by themselves


def pytest_configure() -> None:
    """Tests type Ctrl-C, which what they start would ignore where a shell's & started them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    NodeManager.EXIT_TIMEOUT = EXIT_SECONDS


def pytest_keyboard_interrupt() -> None:
    """A worker that ends its servers is not to be interrupted in that; xdist would, after 5 s."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """rattler's threads do not survive the interpreter's own end: they may make it crash."""
    if "rattler" in sys.modules:
        session.config.add_cleanup(lambda: os._exit(_flushed(exitstatus)))


def _flushed(code: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, and say why. Put first what takes long."""
    items.sort(key=_place)
    for marker, (possible, reason) in REQUIREMENTS.items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not possible():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))


def _place(item: pytest.Item) -> int:
    return next((n for n, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG))


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Where the debian stack of the run lies once a server has made it."""
    folder = tmp_path_factory.getbasetemp()
    # Each worker has a folder of its own in the run's.
    return (folder.parent if hasattr(request.config, "workerinput") else folder) / "stacks"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`portico server start` on a free port, and its first administrator's token."""
    with started() as server:
        yield server


def _is_root() -> bool:
    return os.geteuid() == 0


def _reaches_the_package_index() -> bool:
    """Whether uv, as it is configured here, finds a package without its cache."""
    done = subprocess.run(
        (find_uv_bin(), "pip", "compile", "--no-deps", "--no-cache", "--quiet", "-"),
        input="flask\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode == 0


def _makes_stacks() -> bool:
    """Whether mmdebstrap and a range of users are there, and Debian's repository answers."""
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"{DEBIAN}/dists/stable/InRelease", timeout=20),
    ):
        return not stack_support.obstacle()
    return False


def _is_root_of_the_machine() -> bool:
    """Not of a user namespace, as in the nested run of tests/engines/local/test_subordinate.py."""
    return _is_root() and Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


REQUIREMENTS: dict[str, tuple[Callable[[], bool], str]] = {
    "machine": (
        _is_root_of_the_machine,
        "needs the networks of the machine, outside of any user namespace",
    ),
    "root": (_is_root, "needs root: users of their own, launchers that change users"),
    "registry": (_reaches_the_package_index, "needs a package index that uv can reach"),
    "debian": (
        _makes_stacks,
        "needs mmdebstrap, root or subordinate ids, and Debian's repository",
    ),
    "browser": (has_browser, f"needs libatomic and a browser: one of {', '.join(BROWSERS)}"),
}
