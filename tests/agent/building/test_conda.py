"""Builds of an environment.yml, from channels that the tests make and serve."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from portico.builder.encoding import decode
from portico.builder.order import FetchOrder
from portico.engines.engine import BoxUser, CondaFolders
from portico.errors import PorticoError
from portico.wire import BuildResult
from tests.agent.building.test_builds import Bench
from tests.builder.apps import APPS, write
from tests.builder.archives import pack
from tests.channels import LAB, MINOR, SITE_PACKAGES, VERSION, interpreter, make_channel, module

PROCFILE = {"Procfile": "web: python app.py\n", "app.py": "print('an app')\n"}


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("lab"), *LAB)


class CondaBench(Bench):
    """Its operator has a channel named lab; `environment` is the one of the last build."""

    def __init__(self, folder: Path, channel: Path) -> None:
        super().__init__(folder)
        self.channels = {"lab": f"file://{channel}"}
        self.settings["conda_channels"] = self.channels
        self.app = write(folder / "app", PROCFILE)

    def built(self, number: int = 1, entries: str = "hello", **order: object) -> BuildResult:
        """Of these packages from the channel lab, or of a whole file."""
        text = f"channels: [lab]\ndependencies: [{entries}]\n"
        write(self.app, {"environment.yml": entries if "\n" in entries else text})
        result = self.made(pack(self.app, self.folder / f"source-{number}"), number, **order)
        python = self.layout.python if result.slug.shared else self.layout.app_python(3)
        self.environment = python / "envs" / str(result.slug.environment)
        return result

    def refused(self, entries: str, **order: object) -> PorticoError:
        with pytest.raises(PorticoError) as caught:
            self.built(1, entries, **order)
        python = (self.layout.python / "envs", self.layout.app_python(3) / "envs")
        left = [path.name for folder in python if folder.is_dir() for path in folder.iterdir()]
        assert [name for name in left if not name.endswith(".lock")] == []
        assert self.slugs() == []
        return caught.value

    def said(self, *command: str) -> str:
        return subprocess.check_output(
            [self.environment / "bin" / command[0], *command[1:]], text=True
        ).strip()

    def has(self, name: str) -> bool:
        return bool(list((self.environment / "conda-meta").glob(f"{name}-*.json")))


@pytest.fixture
def bench(tmp_path: Path, channel: Path) -> CondaBench:
    return CondaBench(tmp_path, channel)


def test_conda_packages_are_installed_and_shared(bench: CondaBench):
    result = bench.built(1, "hello, tool")
    assert result.slug.shared
    assert result.slug.python == VERSION
    assert bench.said("hello") == "hello"
    assert bench.said("tool") == f"at {bench.environment}"
    assert list((bench.environment / SITE_PACKAGES).glob("__pycache__/hello.*.pyc"))
    assert bench.steps() == ["prepare", "fetch", "install", "finish"]
    assert bench.log == [
        "Building app files",
        f"Building environment of environment.yml for Python {MINOR}",
        "Solving environment.yml",
        "Downloading 3 conda packages (0.0 MB)",
        f"Installing the packages of environment.yml for Python {MINOR}",
        "Linking 3 conda packages",
    ]
    assert {path.name for path in bench.environment.glob(".portico-*")} == {".portico-complete"}


def test_a_cached_environment_asks_no_channel(bench: CondaBench):
    first = bench.built()
    bench.steps()
    bench.log.clear()
    second = bench.built(2)
    assert second.slug == first.slug.model_copy(update={"build": 2})
    assert bench.steps() == ["prepare", "finish"]
    assert bench.log[1:] == [f"Using cached environment of environment.yml for Python {MINOR}"]


def test_a_build_without_cache_solves_again(bench: CondaBench):
    first = bench.built(1, "hello")
    bench.steps()
    second = bench.built(2, "hello", use_cache=False)
    assert second.slug.environment != first.slug.environment
    assert bench.steps() == ["prepare", "fetch", "install", "finish"]


def test_another_environment_of_the_channel_downloads_only_what_is_new(bench: CondaBench):
    bench.built()
    bench.log.clear()
    bench.built(2, "hello, tool")
    assert bench.log[1:4] == [
        f"Building environment of environment.yml for Python {MINOR} because environment.yml "
        "changed",
        "Solving environment.yml",
        "Downloading 1 conda packages (0.0 MB)",
    ]


def test_each_step_sees_what_it_needs(bench: CondaBench):
    bench.built(1, "hello", config={"KEY": "s3cret"})
    prepare, fetch, install, finish = bench.engine.boxes
    key = decode(FetchOrder, fetch.order).key
    assert (prepare.network, prepare.conda) == (False, None)
    assert (fetch.user, fetch.network, fetch.conda) == (
        BoxUser.BUILD,
        True,
        CondaFolders(key.channels),
    )
    assert (install.user, install.network, install.conda) == (
        BoxUser.BUILD,
        False,
        CondaFolders(key.channels, key.digest()),
    )
    assert [box.libraries for box in (prepare, fetch, install, finish)] == [
        *[("rattler", "yaml")] * 3,
        (),
    ]
    assert [("s3cret" in str(box)) for box in bench.engine.boxes] == [False, False, False, True]


def test_the_operator_says_where_a_channel_is(bench: CondaBench, tmp_path: Path):
    bench.built()
    moved = make_channel(tmp_path / "moved", interpreter(), module("hello", "", "3.0"))
    bench.channels["*"] = bench.channels.pop("lab")
    bench.channels |= {"*": f"file://{moved.parent}", "moved": ""}
    bench.log.clear()
    (tmp_path / "lab").symlink_to(moved)
    bench.built(2)
    assert bench.log[1] == (
        f"Building environment of environment.yml for Python {MINOR} because the addresses of its "
        "conda channels changed"
    )
    assert bench.has("hello-3.0")


def test_variables_and_activation_become_the_apps_environment(bench: CondaBench):
    text = "name: mine\nchannels: [lab]\ndependencies: [geo]\nvariables:\n  MODE: fast\n"
    variables = dict(bench.built(1, text).slug.variables)
    at = str(bench.environment)
    assert variables == {
        "CONDA_DEFAULT_ENV": "mine",
        "CONDA_PREFIX": at,
        "GEO_DATA": f"{at}/share/geo",
        "GEO_MODE": "plain",
        "MODE": "fast",
        "PATH": f"{at}/geo:{at}/bin:/usr/local/bin:/usr/bin:/bin",
    }
    assert bench.log[-2:] == [
        "Running the activation scripts of the conda packages",
        "    activated fast",
    ]


def test_config_vars_win_over_variables_of_the_file(bench: CondaBench):
    text = "channels: [lab]\ndependencies: [geo]\nvariables:\n  MODE: fast\n"
    script = 'echo "predeploy $MODE $GEO_DATA $GEO_MODE"'
    document = {"scripts": {"dokku": {"predeploy": script}}}
    write(bench.app, {"app.json": json.dumps(document)})
    bench.built(1, text, config={"MODE": "slow", "GEO_DATA": "/elsewhere"})
    assert "    predeploy slow /elsewhere plain" in bench.log


@pytest.mark.parametrize(
    ("entries", "ignored"),
    [("python", False), (f"python={MINOR}", True)],
)
def test_another_file_may_say_which_python(
    bench: CondaBench, tmp_path: Path, entries: str, ignored: bool
):
    both = make_channel(tmp_path / "both", interpreter(), interpreter("3.99.1"))
    bench.channels["lab"] = f"file://{both}"
    write(bench.app, {".python-version": f"{MINOR}\n"})
    bench.built(1, entries)
    assert bench.has(f"python-{VERSION}")
    said = "Warning: Python comes from environment.yml; ignored: .python-version."
    assert (said in bench.log) is ignored


def test_a_pip_section_goes_into_the_conda_environment(bench: CondaBench):
    wheel = bench.app / "wheels" / "local-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("local.py", "import hello\nprint('local', hello.__name__)\n")
        about = "local-1.0.dist-info"
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: local\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    write(bench.app, {"more.txt": "./wheels/local-1.0-py3-none-any.whl\n"})
    text = "channels: [lab]\ndependencies:\n  - hello\n  - pip:\n      - -r more.txt\n"
    result = bench.built(1, text)
    assert not result.slug.shared
    assert bench.said("python", "-m", "local") == "local hello"
    assert "The environment is this app's own: environment.yml has a pip section" in bench.log
    _, fetch, install, _ = bench.engine.boxes
    assert (fetch.user, install.user) == (BoxUser.APP, BoxUser.APP)
    assert install.network
    assert list(bench.layout.slug(3, 1).glob(".pip-*")) == []


@pytest.mark.registry
def test_a_pip_section_takes_packages_from_the_index(bench: CondaBench):
    bench.built(1, "channels: [lab]\ndependencies: [{pip: [itsdangerous==2.1.2]}]\n")
    program = "import itsdangerous; print(itsdangerous.__file__)"
    assert bench.said("python", "-c", program).startswith(f"{bench.environment}/lib/")


def test_a_link_script_makes_the_environment_the_apps_own(bench: CondaBench):
    result = bench.built(1, "hello, scripted", config={"KEY": "s3cret"})
    assert not result.slug.shared
    assert bench.log[5:] == [
        "The environment becomes this app's own: the package scripted has a link script",
        f"Building environment of environment.yml for Python {MINOR} because one of its packages "
        "has a link script",
        "Solving environment.yml",
        "Downloading 3 conda packages (0.0 MB)",
        f"Installing the packages of environment.yml for Python {MINOR}",
        "Linking 3 conda packages",
        "Running the link script of scripted",
        "    thank you",
    ]
    names = {line.partition("=")[0] for line in (bench.environment / "seen").read_text().split()}
    assert {"PREFIX", "PKG_NAME", "PATH"} <= names
    assert not {name for name in names if name.startswith(("PORTICO", "KEY", "UV_"))}
    assert list((bench.layout.python / "envs").glob("[0-9a-f]*[0-9a-f]")) == []


def test_an_environment_with_a_link_script_is_cached_too(bench: CondaBench):
    bench.built(1, "scripted")
    bench.steps()
    bench.log.clear()
    bench.built(2, "scripted")
    assert bench.steps() == ["prepare", "finish"]
    assert bench.log[1:] == [
        "The environment is this app's own: one of its packages has a link script",
        f"Using cached environment of environment.yml for Python {MINOR}",
    ]


def test_requirements_win_over_an_environment_and_the_build_says_so(bench: CondaBench):
    bench.made(pack(APPS / "conda_and_pip_files", bench.folder / "source"))
    assert bench.log[1] == (
        "Warning: Packages come from requirements.txt; ignored: environment.yml."
    )
    assert bench.steps() == ["prepare", "install", "finish"]
