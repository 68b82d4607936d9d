"""A build from the agent's side: decisions, answers of which nothing is believed, nothing half-made."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import platform
import sys
from pathlib import Path

import pytest

from portico.agent.building.builds import build
from portico.agent.building.stacks import Recipe
from portico.agent.cleaning.disk import Held
from portico.agent.slugs import read_record
from portico.builder.cache_keys import EnvironmentKey
from portico.builder.order import DISK_FULL, Manifest, StackMade
from portico.engines.engine import Box, BoxEnd, BoxUser, LineSink
from portico.errors import PorticoError
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import AppPlan, Build, BuildResult, PathMode, Route
from tests.agent.building.unsandboxed import Unsandboxed
from tests.builder.apps import APPS, copied, write
from tests.builder.archives import archive_of, member, pack

KEY = EnvironmentKey("stack", "3.11", "0.13", "requirements.txt", (("requirements.txt", "ab"),))
MANIFEST = Manifest(KEY, "", python_missing=False, processes={"web": "run"})
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
APP = AppPlan(id=3, name="shop", url="https://apps.example/shop/", routes=(Route(prefix="/shop"),))


class Bench:
    """A data folder, an engine, and builds in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout(folder / "data")
        self.layout.apps.mkdir(parents=True)
        (folder / "out").mkdir()
        self.engine: Unsandboxed = Unsandboxed(self.layout, folder / "out")
        self.log: list[str] = []
        self.held = Held()
        self.settings: dict[str, object] = {}

    async def build(self, app: Path | str, number: int = 1, **order: object) -> BuildResult:
        archive = app if isinstance(app, Path) else pack(APPS / app, self.folder / "source")
        asked = Build.model_validate({"id": number, "source": "0" * 64, **order})
        settings = Settings(data=self.layout.data, **self.settings)  # type: ignore[arg-type]
        return await build(
            self.engine, self.layout, APP, asked, archive, settings, self.log.append, self.held
        )

    def made(self, app: Path | str, number: int = 1, **order: object) -> BuildResult:
        return asyncio.run(self.build(app, number, **order))

    def told(self, app: Path | str) -> PorticoError:
        with pytest.raises(PorticoError) as caught:
            self.made(app)
        return caught.value

    def steps(self) -> list[str]:
        steps = [box.step for box in self.engine.boxes]
        self.engine.boxes.clear()
        return steps

    def layers(self) -> list[str]:
        """The log's own lines since the last call."""
        lines = [line for line in self.log if not line.startswith(" ")]
        self.log.clear()
        return lines

    def slugs(self) -> list[str]:
        return sorted(path.name for path in self.layout.slug(3, 1).parent.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_builds_a_slug(bench: Bench):
    result = bench.made("works")
    assert result.processes == {"web": "python app.py"}
    assert result.path_mode is None
    assert result.slug.build == 1
    assert result.slug.shared
    assert (bench.layout.slug(3, 1) / "app.py").is_file()
    environment = bench.layout.python / "envs" / str(result.slug.environment)
    assert (environment / "bin/python").exists()
    assert bench.steps() == ["prepare", "install", "finish"]
    kept = read_record(bench.layout, 3, 1)
    assert kept is not None
    assert kept.result == result


def test_locks_each_step_into_what_it_needs(bench: Bench):
    bench.made("works", config={"SECRET": "s3cret"})
    prepare, install, finish = bench.engine.boxes
    assert (prepare.user, prepare.network, prepare.source is not None) == (BoxUser.APP, False, True)
    assert (install.user, install.network, install.own_python) == (BoxUser.BUILD, True, False)
    assert (finish.user, finish.network, finish.own_python) == (BoxUser.APP, False, False)
    assert [("SECRET" in box.environment) for box in bench.engine.boxes] == [False, False, True]
    assert all("s3cret" not in box.order for box in bench.engine.boxes)
    assert finish.environment["PORTICO_HOSTNAME"] == "apps.example"
    assert "s3cret" not in "\n".join(bench.log)


def test_each_layer_says_where_it_comes_from(bench: Bench):
    first = bench.made("works")
    assert bench.layers() == [
        "Building app files",
        f"Using cached Python {PYTHON}",
        f"Building environment of requirements.txt for Python {PYTHON}",
        f"Installing the packages of requirements.txt for Python {PYTHON}",
    ]
    bench.steps()
    second = bench.made("works", 2, source="1" * 64)
    assert bench.steps() == ["prepare", "finish"]
    assert bench.layers() == [
        "Building app files because the source changed from 00000000 to 11111111",
        f"Using cached Python {PYTHON}",
        f"Using cached environment of requirements.txt for Python {PYTHON}",
    ]
    assert second.slug.environment == first.slug.environment


class WithoutApt(Unsandboxed):
    """Its apt installs nothing, into a layer that is there afterwards."""

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        if box.step != "apt":
            return await super().box(box, log)
        self.boxes.append(box)
        (self._layout.apt_layers(box.app_id) / f"{box.makes}.new").mkdir(parents=True)
        return BoxEnd(0, '{"answer": {"packages": []}}')


def test_on_a_stack_that_was_there_before_nobody_is_asked_for_its_python(
    bench: Bench, tmp_path: Path
):
    bench.engine = WithoutApt(bench.layout, bench.folder / "out")
    version = ".".join(map(str, sys.version_info[:3]))
    stack = Recipe(platform.machine()).identity(StackMade("13", "glibc2.41", version), "20260101")
    bench.layout.stack(stack).mkdir(parents=True)
    tree = write(copied("works", tmp_path), {"Aptfile": "unixodbc\n"})
    for number, steps in ((1, ["prepare", "apt", "install", "finish"]), (2, ["prepare", "finish"])):
        slug = bench.made(pack(tree, tmp_path / str(number)), number).slug
        assert (slug.stack, slug.python) == (stack, version)
        assert bench.steps() == steps


def test_says_why_the_cache_is_not_used(bench: Bench, tmp_path: Path):
    first = bench.made("works")
    bench.layers()
    second = bench.made("works", 2, use_cache=False)
    assert second.slug.environment != first.slug.environment
    building = f"Building environment of requirements.txt for Python {PYTHON} because"
    assert bench.layers()[2] == f"{building} --no-cache was given"
    bench.steps()
    third = bench.made("works", 3)
    assert third.slug.environment == second.slug.environment
    assert bench.steps() == ["prepare", "finish"]
    bench.layers()
    bench.made(pack(write(copied("works", tmp_path), {"requirements.txt": "#"}), tmp_path / "a"), 4)
    assert bench.layers()[2] == f"{building} requirements.txt changed"


def test_a_first_build_without_cache_says_so(bench: Bench):
    bench.made("works", use_cache=False)
    assert bench.layers()[2] == (
        f"Building environment of requirements.txt for Python {PYTHON} because --no-cache was given"
    )


DECLARED = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
LOCKED = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.9"\n'
    '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
)
FORMS = {
    "requirements.txt": {"requirements.txt": "# none\n"},
    "pyproject.toml": {"pyproject.toml": DECLARED},
    "uv.lock": {"pyproject.toml": DECLARED, "uv.lock": LOCKED},
    "pylock.toml": {"pylock.toml": 'lock-version = "1.0"\ncreated-by = "me"\npackages = []\n'},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_build_without_cache_makes_all_of_it_anew(bench: Bench, tmp_path: Path, form: str):
    tree = copied("works", tmp_path)
    (tree / "requirements.txt").unlink()
    source = pack(write(tree, FORMS[form]), tmp_path / "packed")
    first = bench.made(source)
    bench.steps()
    bench.layers()
    second = bench.made(source, 2, use_cache=False)
    (install,) = (box for box in bench.engine.boxes if box.step == "install")
    assert json.loads(install.order)["refresh"]
    assert bench.layers()[2] == (
        f"Building environment of {form} for Python {PYTHON} because --no-cache was given"
    )
    assert second.slug.environment != first.slug.environment


def test_makes_an_environment_anew_that_is_not_whole(bench: Bench):
    first = bench.made("works")
    (bench.layout.python / "envs" / str(first.slug.environment) / ".portico-complete").unlink()
    bench.steps()
    bench.layers()
    bench.made("works", 2)
    assert bench.steps() == ["prepare", "install", "finish"]
    assert bench.layers()[2].endswith(" because the one of the last build is gone")


def test_answers_again_what_is_built_already(bench: Bench):
    first = bench.made("works")
    bench.steps()
    assert bench.made("works") == first
    assert bench.steps() == []


def test_keeps_the_authors_path_mode(bench: Bench):
    assert bench.made("works", path_mode="own").path_mode is PathMode.OWN


def test_leaves_nothing_of_a_failed_build(bench: Bench):
    error = bench.told("gunicorn-missing")
    assert error.title == "gunicorn is not installed."
    assert bench.slugs() == []
    assert not bench.held.builds
    assert not bench.held.environments


def test_leaves_nothing_of_a_refused_archive(bench: Bench):
    bad = archive_of(bench.folder / "bad", (member("app.py"), b"x"), member("../evil"))
    assert bench.told(bad).title == "The source archive was refused."
    assert bench.slugs() == []


class Unending(Unsandboxed):
    """Its installations never end; `installing` is set when one has begun."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.layout, bench.folder / "out")
        self.installing = asyncio.Event()

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        if box.step == "install":
            self.installing.set()
            await asyncio.Event().wait()
        return await super().box(box, log)


def test_leaves_nothing_of_a_cancelled_build(bench: Bench):
    async def cancelled() -> None:
        bench.engine = Unending(bench)
        task = asyncio.create_task(bench.build("works"))
        await bench.engine.installing.wait()
        assert bench.slugs() == ["1"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 60))
    assert bench.slugs() == []
    assert not bench.held.builds


def test_begins_anew_what_a_crash_has_left(bench: Bench):
    left = bench.layout.slug(3, 1)
    left.mkdir(parents=True)
    (left / "half").touch()
    bench.made("works")
    assert not (left / "half").exists()


def test_leaves_other_builds_alone_when_one_fails(bench: Bench):
    bench.made("works")
    with pytest.raises(PorticoError):
        bench.made("gunicorn-missing", 2)
    assert bench.slugs() == ["1", "1.json"]


class Answering:
    """An engine whose steps answer what a hostile app may make them answer."""

    def __init__(self, end: BoxEnd) -> None:
        self._end = end

    async def box(self, _box: Box, _log: LineSink) -> BoxEnd:
        return self._end


def answer(**fields: object) -> str:
    manifest = json.loads(json.dumps(dataclasses.asdict(MANIFEST), default=str))
    return json.dumps({"answer": {**manifest, **fields}})


@pytest.mark.parametrize(
    ("end", "title"),
    [
        (BoxEnd(None, "", timed_out=True), "The build took too long."),
        (BoxEnd(137, ""), "The build was killed."),
        (BoxEnd(1, ""), "The build broke off."),
        (BoxEnd(0, "not JSON"), "The build broke off."),
        (BoxEnd(0, "[]"), "The build broke off."),
        (BoxEnd(0, "[" * 100_000), "The build broke off."),
        (BoxEnd(0, "{}"), "The build gave an answer that makes no sense."),
        (BoxEnd(0, '{"answer": null}'), "The build gave an answer that makes no sense."),
        (BoxEnd(0, answer(processes=3)), "The build gave an answer that makes no sense."),
        (BoxEnd(0, answer(processes={"a": 1})), "The build gave an answer that makes no sense."),
        (
            BoxEnd(0, answer(key={**dataclasses.asdict(KEY), "python": "--evil"})),
            "The build gave an answer that makes no sense.",
        ),
    ],
)
def test_believes_no_answer(bench: Bench, end: BoxEnd, title: str):
    bench.engine = Answering(end)  # type: ignore[assignment]
    error = bench.told("works")
    assert error.title == title
    assert error.detail
    assert error.hint


def test_a_step_without_room_for_its_answer_met_a_full_disk(bench: Bench):
    bench.engine = Answering(BoxEnd(DISK_FULL, ""))  # type: ignore[assignment]
    assert str(bench.told("works")) == (
        "The server's disk is full.\n"
        "The build could not write: No space left on device.\n"
        "Ask the operator to free space; nothing of this build was kept."
    )


def test_cleans_the_text_of_a_problem(bench: Bench):
    problem = {"title": "a\x1b[2J", "detail": "b\nc", "hint": "d" * 9999, "status": 1}
    bench.engine = Answering(BoxEnd(1, json.dumps({"problem": problem})))  # type: ignore[assignment]
    error = bench.told("works")
    assert (error.title, error.detail, len(error.hint)) == ("a [2J", "b\nc", 8000)


def test_refuses_a_missing_environment_whatever_a_step_says(bench: Bench):
    class Boasting(Unsandboxed):
        async def box(self, box: Box, log: LineSink) -> BoxEnd:
            if box.step == "install":
                return BoxEnd(0, '{"answer": {"without_wheel": ""}}')
            if box.step == "finish":
                return BoxEnd(0, '{"answer": {"path_mode": null, "python": "", "warnings": []}}')
            return await super().box(box, log)

    bench.engine = Boasting(bench.layout, bench.folder / "out")
    assert bench.told("works").title == "The build gave an answer that makes no sense."


@pytest.mark.registry
def test_builds_a_package_without_a_wheel_for_its_app_alone(bench: Bench, tmp_path: Path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Procfile").write_text("web: python app.py\n")
    (folder / "requirements.txt").write_text("docopt==0.6.2\n")
    source = pack(folder, tmp_path / "docopt")
    first = bench.made(source)
    assert not first.slug.shared
    assert bench.steps() == ["prepare", "install", "install", "finish"]
    second = bench.made(source, 2)
    assert second.slug.environment == first.slug.environment
    assert bench.steps() == ["prepare", "finish"]
