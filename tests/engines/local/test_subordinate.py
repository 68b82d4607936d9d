"""The local engine for an ordinary user with subordinate ids, and the ways there and back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.engines.local import LocalEngine, subordinate
from portico.engines.local.disk.folders import GIVE_BACK, give_back, own_folder
from portico.engines.local.subordinate import OLD_APPS, enter
from portico.engines.local.user_namespaces.idmap import Mapping, Span
from portico.errors import PorticoError
from portico.layout import Layout, users
from portico.settings import Settings
from tests.engines.contract import WEB, launch
from tests.engines.local.machines import KeptOutput, Server, output_of
from tests.subordinate import OrdinaryUser, ordinary_user

AGAIN = "1007\n1007\n1007 1007\n"
APPEND = "id -u >> /data/who; cat /data/who; echo $(stat -c %u /data/who /app/hello.txt)"


def test_all_of_the_engine_works_with_a_user_for_each_app() -> None:
    """The contract, and every other test of the local engine, in such a namespace."""
    with ordinary_user() as user:
        (user.home / "run").mkdir(0o700)
        os.chown(user.home / "run", user.uid, -1)
        words = ("-m", "pytest", "-p", "tests.in_namespace", "-p", "no:cacheprovider", "-q")
        done = user.run(
            *(sys.executable, *words, f"--basetemp={user.home}/tmp", str(Path(__file__).parent)),
            XDG_RUNTIME_DIR=str(user.home / "run"),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "needs root" not in done.stdout  # what is asked of root holds here too


def run_as(user: OrdinaryUser, *names: str) -> list[str]:
    """Run functions of this module as that user, a process each; what they print."""
    said = []
    for name in names:
        program = f"from tests.engines.local.test_subordinate import *; {name}({str(user.home)!r})"
        done = user.run(sys.executable, "-c", program, XDG_RUNTIME_DIR=str(user.home))
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    return said


def test_files_change_hands_when_ids_come_and_when_the_server_stops() -> None:
    with ordinary_user() as user:
        without, with_ids, again = run_as(user, "append", "enter_and_append", "append")
        own = str(user.uid)
        assert without == f"{own}\n{own} {own}\n"
        assert with_ids == f"{own}\n1007\n1007 1007\n"
        assert again == f"{own}\n1007\n{own}\n{own} {own}\n"
        assert user.run("find", str(user.home), "!", "-uid", own).stdout == ""


def append(home: str, *, stops: bool = True) -> None:
    """One run of an app; then the server ends."""
    made = Server(Path(home) / "data")

    async def one() -> str:
        engine = made.engine()
        said = await output_of(made, engine, launch(APPEND))
        if stops:
            await engine.give_back()
        return said

    print(asyncio.run(one()), end="")


def enter_and_append(home: str) -> None:
    """Also where ids of before have left files."""
    assert enter(Layout(Path(home) / "data")) is None
    append(home)


def test_files_of_ids_that_are_gone_are_refused_until_they_are_back() -> None:
    with ordinary_user() as user:
        slug = user.home / "data/apps/7/slugs/1"
        run_as(user, "enter_and_break_off")
        found = f"{slug} belongs to user {slug.stat().st_uid}, not to {user.uid}."
        error = PorticoError("A folder of the server cannot be used.", found, GIVE_BACK)
        assert run_as(user, "be_refused", "enter_and_append") == [str(error), AGAIN]
        assert user.run("find", str(user.home), "!", "-uid", str(user.uid)).stdout == ""


def enter_and_break_off(home: str) -> None:
    assert enter(Layout(Path(home) / "data")) is None
    append(home, stops=False)


def be_refused(home: str) -> None:
    data = Path(home) / "data"
    engine = LocalEngine(Layout(data), Settings(data=data), KeptOutput())
    with pytest.raises(PorticoError) as caught:
        asyncio.run(engine.start(WEB))
    print(caught.value, end="")


def test_ids_that_come_while_apps_run_are_used_after_a_stop() -> None:
    with ordinary_user() as user:
        assert run_as(user, "enter_beside_a_running_app") == [f"{OLD_APPS}\nNone\n"]


def enter_beside_a_running_app(home: str) -> None:
    made = Server(Path(home) / "data")

    async def start_enter_stop() -> None:
        engine = made.engine()
        instance = await engine.start(WEB)
        print(enter(made.layout))
        await engine.stop(instance.handle, 5)

    asyncio.run(start_enter_stop())
    print(enter(made.layout))


def test_a_namespace_without_the_builders_id_is_not_entered() -> None:
    with ordinary_user() as user:
        (said,) = run_as(user, "enter_with_too_few_ids")
        assert said == (
            "No sandbox could be made with them: [Errno 22] Invalid argument\n"
            "Correct that, then stop the server and start it again.\n"
            f"{user.uid} Users(base=None, subordinate=None)\n"
        )


def test_the_doctor_finds_out_by_a_sandbox() -> None:
    with ordinary_user() as user:
        data = str(user.home / "data")
        done = user.run(sys.executable, "-m", "portico.agent", "--doctor", PORTICO_DATA=data)
        assert (done.returncode, done.stderr) == (0, "")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert {
            "sandboxes",
            "a user of its own for each app",
            "no capabilities, no new privileges",
            "subordinate ids for all apps",
            "throw-away layer over /app",
        } <= {line["name"] for line in lines if line["on"]}


@pytest.fixture
def given_back(tmp_path: Path) -> Iterator[Path]:
    """A folder that whoever runs the test can remove afterwards."""
    yield tmp_path
    give_back(tmp_path, tmp_path / "nothing")


@pytest.mark.root
def test_what_was_half_given_back_is_taken_over_again(given_back: Path) -> None:
    folder = own_folder(given_back / "data", 1001)
    (folder / "below").mkdir()
    (folder / "below" / "link").symlink_to("/etc/passwd")
    os.chown(folder / "below", 1001, 1001)
    own_folder(folder, 1001)
    assert owners(folder) == [1001, 1001, 0]  # nothing to be done: the top is right
    os.chown(folder, 0, 0)  # then give_back was killed
    own_folder(folder, 1001)
    assert owners(folder) == [1001, 1001, 1001]


@pytest.mark.root
def test_everything_is_given_back_but_what_is_the_webs(given_back: Path) -> None:
    for name in ("web", "apps/7/data/below", "apps/7/slugs"):
        (given_back / name).mkdir(parents=True)
    others = ("web", "apps/7/data", "apps/7/data/below", "apps/7/data/below/link", "apps/7/lock")
    (given_back / others[-1]).touch()
    (given_back / others[-2]).symlink_to("/etc/passwd")
    for name in others:
        os.chown(given_back / name, 1002, 1002, follow_symlinks=False)
    give_back(given_back, given_back / "web")
    assert owners(given_back / "apps") == [0] * 7
    assert owners(given_back / "web") == [1002]
    assert Path("/etc/passwd").stat().st_uid != 1002


def owners(folder: Path) -> list[int]:
    return [path.lstat().st_uid for path in (folder, *sorted(folder.rglob("*")))]


def enter_with_too_few_ids(home: str) -> None:
    spans = (Span(0, os.geteuid(), 1),)
    subordinate.server_mapping = lambda: Mapping(spans, spans)
    why_not = enter(Layout(Path(home) / "data"))
    assert why_not is not None
    print(why_not.found, why_not.hint, sep="\n")
    print(os.geteuid(), users())
