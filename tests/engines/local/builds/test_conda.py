"""Hostile conda packages: linked by rattler with nobody looking at them, they get nowhere."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from portico.engines.engine import BoxUser, CondaFolders
from portico.engines.local import LocalEngine
from portico.layout import Layout, users
from tests.channels import HELLO, SITE_PACKAGES, Package, interpreter, make_channel, module
from tests.engines.local.builds.boxed import BOX, boxed, lines_of
from tests.engines.local.machines import Server

CHANNELS, MINE = "c" * 64, "a" * 32
# As rattler names the folder of the unpacked package: then `../evil-1.0-0/payload` is there for it.
THEIRS = "evil-1.0-0"
INSTALL = replace(
    BOX,
    user=BoxUser.BUILD,
    conda=CondaFolders(CHANNELS, MINE),
    libraries=("rattler", "yaml"),
)
FETCH = replace(INSTALL, conda=CondaFolders(CHANNELS))
OWN = replace(INSTALL, user=BoxUser.APP, own_python=True, conda=None)
# In the sandbox: link a channel's packages, as install would if it did not look at them.
LINK = f"""
import asyncio, rattler
async def link():
    records = await rattler.solve(
        ["file:///py/conda/{CHANNELS}"],
        json.load(sys.stdin),
        gateway=rattler.Gateway(cache_dir="/tmp/repodata"),
        platforms=[rattler.Subdir.current(), "noarch"],
    )
    await rattler.install(records, "/py/envs/{MINE}", cache_dir="/tmp/cache", show_progress=False)
try: asyncio.run(link())
except BaseException as error: print("failed:", str(error).splitlines()[-1])
else: print("linked")
sys.stdout.flush()
os._exit(0)  # as the builder ends where rattler was at work
"""


def hostile(test: Callable[[Server, LocalEngine], Awaitable[None]], program: str = LINK) -> None:
    """Run a test with the environment of somebody else, and archives, beside the one to be made."""

    async def tested(server: Server, engine: LocalEngine) -> None:
        layout = server.layout
        for folder in (layout.conda(CHANNELS), layout.conda("d" * 64), environment(layout, THEIRS)):
            folder.mkdir(parents=True)
            (folder / "precious").write_text("precious\n")
            give(folder, users().build)
        for folder in (layout.python, layout.python / "envs", layout.python / "conda"):
            give(folder, users().build)
        (layout.app(7) / "layers").mkdir()
        await test(server, engine)

    boxed(program, tested)


def environment(layout: Layout, name: str) -> Path:
    return layout.python / "envs" / name


def give(folder: Path, owner: int | None) -> None:
    """To the user of the step: nothing but its sandbox keeps it from there."""
    for path in (folder, *folder.glob("precious")):
        if owner is not None:
            os.chown(path, owner, owner)


def everything(layout: Layout) -> dict[str, str]:
    """All files of the server but those of the environment that is made."""
    skipped = (environment(layout, MINE), layout.python / "envs" / f"{MINE}.lock")
    return {
        str(path.relative_to(layout.data)): told(path)
        for path in sorted(layout.data.rglob("*"))
        if not any(path.is_relative_to(folder) for folder in skipped)
    }


def told(path: Path) -> str:
    if path.is_dir() and not path.is_symlink():
        return "a folder"  # the engine itself sees to whose it is
    status = path.lstat()
    content = b""
    if path.is_symlink():
        content = str(path.readlink()).encode()
    elif path.is_file():
        content = path.read_bytes()
    return f"{status.st_mode:o} {status.st_uid} {hashlib.sha256(content).hexdigest()}"


def packages_in(folder: str) -> tuple[Package, ...]:
    """A Python whose packages come to lie in that folder of the sandbox, and such a package."""
    package = Package(
        "evil", depends=("python",), files={"site-packages/payload": b"x"}, python=True
    )
    return (interpreter(python_site_packages_path=f"../../..{folder}"), package)


# Each writes `payload` into the environment of another app where nothing stops it.
WORKING = {
    "a path out of its folder": (
        Package("evil", files={"payload": b"x"}, paths=(f"../{THEIRS}/payload",)),
    ),
    "packages in another environment": packages_in(f"/py/envs/{THEIRS}"),
}
TARGETS = ("/usr", "/etc", "/app", "/portico/portico/builder", "/py", "/py/envs", "/py/conda")
OTHERS = {
    "an absolute path": (module("evil", paths=(f"/py/envs/{THEIRS}/payload",)),),
    "a program elsewhere": (module("evil", entry_points=("../../payload = evil:main",)),),
    "a link of another package": (
        Package("evil", links={"lib/z": f"/py/envs/{THEIRS}"}),
        Package("other", depends=("evil",), files={"lib/z/payload": b"x"}),
    ),
    "packages among the archives": packages_in(f"/py/conda/{CHANNELS}"),
    "packages among other archives": packages_in(f"/py/conda/{'d' * 64}"),
    **{f"packages in {folder}": packages_in(folder) for folder in TARGETS},
}
ON_THE_HOST = ("/payload", "/usr/payload", "/etc/payload", "/app/payload", "/py/envs/payload")


async def laid(channel: Path, packages: tuple[Package, ...]) -> str:
    """Make a channel of these packages and a Python; the order to link all of them."""
    python = () if packages[0].name == "python" else (interpreter(),)
    await asyncio.to_thread(make_channel, channel, *packages, *python)
    return json.dumps(sorted({"python", *(package.name for package in packages)}))


@pytest.mark.parametrize("attack", WORKING)
def test_hostile_packages_write_elsewhere_where_nothing_stops_them(attack: str) -> None:
    """Or the next test would show nothing: here they meet other environments of their own app."""

    async def test(server: Server, engine: LocalEngine) -> None:
        envs = server.layout.app_python(7) / "envs"
        for name in (MINE, THEIRS):
            (envs / name).mkdir(parents=True)
        for folder in (envs.parent, envs, *envs.iterdir()):
            give(folder, users().app(7))
        order = await laid(envs.parent / "conda" / CHANNELS, WORKING[attack])
        assert await lines_of(engine, replace(OWN, order=order)) == ["linked"]
        assert (envs / THEIRS / "payload").read_bytes() == b"x"

    boxed(LINK, test)


@pytest.mark.parametrize("attack", [*WORKING, *OTHERS])
def test_a_hostile_package_of_a_shared_environment_gets_nowhere(attack: str) -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = await laid(server.layout.conda(CHANNELS), {**WORKING, **OTHERS}[attack])
        before = everything(server.layout)
        lines = await lines_of(engine, replace(INSTALL, order=order))
        assert lines != ["linked"] or attack == "a link of another package"
        assert everything(server.layout) == before
        assert not any(map(os.path.exists, ON_THE_HOST))

    hostile(test)


def test_packages_that_mean_well_are_linked_by_the_same_program() -> None:
    """Or the tests above would show nothing."""

    async def test(server: Server, engine: LocalEngine) -> None:
        order = await laid(server.layout.conda(CHANNELS), (HELLO,))
        assert await lines_of(engine, replace(INSTALL, order=order)) == ["linked"]
        assert (environment(server.layout, MINE) / SITE_PACKAGES / "hello.py").is_file()

    hostile(test)


def test_each_step_writes_where_it_has_to_and_nowhere_else() -> None:
    program = f"""
for place in ("/py/conda/{CHANNELS}", "/py/envs/{MINE}", "/py/envs", "/py/conda", "/py", "/app"):
    try: open(place + "/made", "w").close()
    except OSError: continue
    print(place)
print(*sorted(os.listdir("/py")), *sorted(os.listdir("/py/conda")))
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        fetch, install = await lines_of(engine, FETCH), await lines_of(engine, INSTALL)
        assert fetch == [f"/py/conda/{CHANNELS}", f"conda {CHANNELS}"]
        assert install == [f"/py/envs/{MINE}", f"conda envs {CHANNELS}"]

    hostile(test, program)


def test_code_of_a_package_finds_no_network_and_nothing_of_others() -> None:
    """Byte-compiling runs the environment's own Python, which is a package as well."""
    program = """
import socket
try: socket.create_connection(("198.51.100.1", 80), 1)
except OSError as error: print(error.strerror)
print(*sorted(os.listdir("/py/envs")))
print(*(name for name in os.environ if name.startswith(("PORTICO", "UV_", "http"))))
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        assert await lines_of(engine, INSTALL) == [
            "Network is unreachable",
            f"{MINE} {MINE}.lock",
            "",
        ]

    hostile(test, program)
