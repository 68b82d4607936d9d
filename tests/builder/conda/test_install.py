"""Conda environments: solved, fetched and linked, from channels that the tests make and serve."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.builder.cache_keys import EnvironmentKey
from portico.builder.conda import fetching
from portico.builder.conda.channels import without_credentials
from portico.builder.conda.fetching import fetch
from portico.builder.install import install
from portico.builder.order import MARKER, FetchOrder, Installed, InstallOrder
from portico.errors import PorticoError
from tests.agent.building.unsandboxed import variables
from tests.builder.apps import manifest_of, places_of, write
from tests.channels import HELLO, LAB, VERSION, interpreter, make_channel, module, served


@pytest.fixture(autouse=True)
def _clean_variables() -> Iterator[None]:
    """A step has no variables but its own."""
    before, clean = dict(os.environ), variables()
    os.environ.clear()
    os.environ.update(clean)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("lab"), *LAB)


class Lab:
    """Its operator has a channel named lab; `environment` is the one that was made last."""

    def __init__(self, folder: Path, channel: Path) -> None:
        self.folder = folder
        self.channels = {"lab": f"file://{channel}"}
        self.app = write(folder / "app", {"Procfile": "web: python app.py\n"})
        self.places = places_of(self.app, folder)
        self.environment = folder

    def installed(
        self, entries: str = "hello", owner: int | None = None, **config: str
    ) -> Installed:
        """Of these packages from the channel lab, or of a whole file."""
        key = dataclasses.replace(self.key(entries), owner=owner)
        self.environment = self.places.environment(key.digest())
        fetch(FetchOrder(key, self.channels, config, self.places))
        return install(InstallOrder(key, self.places))

    def key(self, entries: str) -> EnvironmentKey:
        text = f"channels: [lab]\ndependencies: [{entries}]\n"
        write(self.app, {"environment.yml": entries if "\n" in entries else text})
        shown = without_credentials(self.channels)
        return manifest_of(self.app, self.folder, conda_channels=shown).key

    def refused(self, entries: str, owner: int | None = None, **config: str) -> PorticoError:
        """The error; nothing of the environment is left."""
        with pytest.raises(PorticoError) as caught:
            self.installed(entries, owner, **config)
        assert not self.environment.exists()
        return caught.value

    def said(self, *command: str) -> str:
        return subprocess.check_output(
            [self.environment / "bin" / command[0], *command[1:]], text=True
        ).strip()

    def has(self, name: str) -> bool:
        return bool(list((self.environment / "conda-meta").glob(f"{name}-*.json")))


@pytest.fixture
def lab(tmp_path: Path, channel: Path) -> Lab:
    return Lab(tmp_path, channel)


def test_makes_an_environment(lab: Lab):
    assert lab.installed("hello, tool") == Installed()
    assert lab.said("hello") == "hello"
    assert lab.said("tool") == f"at {lab.environment}"
    assert {path.name for path in lab.environment.glob(".portico-*")} == {MARKER}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("channels: [lab, newer]\ndependencies: [hello]\n", "1.0"),
        ("channels: [newer, lab]\ndependencies: [hello]\n", "2.0"),
        ("channels: [lab, newer]\ndependencies: [newer::hello]\n", "2.0"),
        ("channels: [lab]\ndependencies: [newer/noarch::hello>=2]\n", "2.0"),
    ],
)
def test_the_first_channel_that_has_a_package_gives_it(lab: Lab, text: str, version: str):
    """Whatever versions the others have: order is priority."""
    newer = make_channel(lab.folder / "newer", module("hello", "print('newer')", "2.0"))
    lab.channels["newer"] = f"file://{newer}"
    lab.installed(text)
    assert lab.has(f"hello-{version}")


def test_a_link_script_is_for_the_app_alone(lab: Lab):
    reason = "the package scripted has a link script"
    assert lab.installed("scripted") == Installed(without_wheel=reason)
    assert not lab.environment.exists()
    assert lab.installed("scripted", owner=3) == Installed()
    assert (lab.environment / "seen").is_file()


def test_a_link_script_that_fails_ends_the_build(lab: Lab):
    assert str(lab.refused("failing", owner=3)) == (
        "The link script of the conda package failing failed.\n"
        "It ended with code 3. Its last lines:\n"
        "no licence\n"
        "Take another version of the package, or do without it."
    )


def searched(lab: Lab) -> str:
    return f"Searched in {lab.channels['lab']}."


AGAIN = "Try it on your machine with `conda env create`, and deploy again."


def test_a_package_that_nobody_has_is_explained(lab: Lab):
    assert str(lab.refused("python=3.11, hello, nothing-such>=2")) == (
        "The packages of environment.yml cannot be installed.\n"
        "No candidates were found for nothing-such >=2.\n"
        f"{searched(lab)}\n"
        f"Correct the name or the version of nothing-such, or add a channel that has it. {AGAIN}"
    )


def test_packages_that_do_not_go_together_are_explained(lab: Lab):
    assert str(lab.refused("python=3.11, broken")) == (
        "The packages of environment.yml cannot be installed.\n"
        "broken * cannot be installed because there are no viable options:\n"
        "└─ broken 2.0 would require\n"
        "   └─ absent >=9, for which no candidates were found.\n"
        f"{searched(lab)}\n"
        f"Loosen the versions that contradict each other. {AGAIN}"
    )


def test_a_python_that_the_channel_has_not_is_explained(lab: Lab):
    write(lab.app, {"runtime.txt": "python-3.9\n"})
    assert str(lab.refused("hello")) == (
        "The packages of environment.yml cannot be installed.\n"
        "No candidates were found for python 3.9.*.\n"
        f"{searched(lab)}\n"
        "environment.yml names no Python, so that 3.9 was asked for.\n"
        f"Correct the name or the version of python, or add a channel that has it. {AGAIN}"
    )


def test_a_channel_that_there_is_not_is_explained(lab: Lab):
    lab.channels["lab"] = f"file://{lab.folder}/nothing"
    error = lab.refused("hello")
    assert error.title == "A conda channel does not exist."
    assert f"in channel 'file://{lab.folder}/nothing/'" in error.detail
    assert error.hint == (
        "Correct the channel's name in environment.yml; the operator's addresses are in "
        "conda_channels."
    )


def test_a_channel_that_does_not_answer_is_explained(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "_RETRIES", 0)
    lab.channels["lab"] = "http://127.0.0.1:9/lab"
    error = lab.refused("hello")
    assert error.title == "A conda channel could not be reached."
    assert "http://127.0.0.1:9/lab/" in error.detail
    assert error.hint == (
        "Deploy again; if it fails again, ask the operator whether the server may reach it."
    )


def test_an_operators_channel_may_be_served_over_http(lab: Lab, channel: Path):
    with served(channel) as host:
        lab.channels["lab"] = f"http://{host}"
        assert lab.installed() == Installed()
        assert lab.said("hello") == "hello"


@pytest.mark.parametrize("form", ["http://me:pa55word@{}", "http://{}/t/pa55word/"])
def test_credentials_reach_the_channel_and_nothing_else(
    lab: Lab, channel: Path, form: str, capfd: pytest.CaptureFixture[str]
):
    with served(channel, "pa55word") as host:
        lab.channels["lab"] = form.format(host)
        with pytest.raises(PorticoError, match="The build was stopped"):
            lab.installed()
        lab.installed(owner=3)
    assert lab.said("hello") == "hello"
    assert [path for path in lab.places.py.rglob("*") if holds(path, b"pa55word")] == []
    assert "pa55word" not in "".join(capfd.readouterr())


def holds(path: Path, text: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and text in path.read_bytes()


def test_an_error_shows_no_credentials(lab: Lab, channel: Path):
    with served(channel, "another") as host:
        lab.channels["lab"] = f"http://me:pa55word@{host}"
        assert "pa55word" not in str(lab.refused("hello", owner=3))


def test_config_vars_may_stand_for_an_authors_credentials(lab: Lab):
    text = "channels: ['https://${WHO}:${PASSWORD}@localhost:9/own']\ndependencies: [hello]\n"
    assert str(lab.refused(text, owner=3, WHO="me")) == (
        "The config var PASSWORD is not set.\n"
        "environment.yml gives the channel https://localhost:9/own credentials with it.\n"
        "Set it: portico config set PASSWORD=..."
    )
    error = lab.refused(text, owner=3, WHO="me", PASSWORD="pa55word")
    assert error.title == "A conda channel could not be reached."
    assert "pa55word" not in str(error)


HOSTILE = {
    "../outside": module("evil", paths=("../outside",)),
    "/tmp/absolute": module("evil", paths=("/tmp/absolute",)),
    "lib/../../up": module("evil", paths=("lib/../../up",)),
    ".portico-complete": module("evil", paths=(".portico-complete",)),
    "bin/../../pwn": module("evil", entry_points=("../../pwn = evil:main",)),
}


@pytest.mark.parametrize("path", HOSTILE)
def test_a_package_that_would_write_elsewhere_is_refused(lab: Lab, path: str):
    folder = make_channel(lab.folder / "evil", interpreter(), HOSTILE[path])
    lab.channels["lab"] = f"file://{folder}"
    assert str(lab.refused("evil")) == (
        "The conda package evil 1.0 was refused.\n"
        f"Its file {path!r} would lie outside of the environment, or in place of what is "
        "Portico's own.\n"
        "Take another version or another channel, and tell those who keep this one."
    )


def test_a_python_whose_packages_would_lie_elsewhere_is_refused(lab: Lab):
    evil = interpreter(python_site_packages_path="../../elsewhere")
    lab.channels["lab"] = f"file://{make_channel(lab.folder / 'evil', evil, HELLO)}"
    assert str(lab.refused("hello")).startswith(
        f"The conda package python {VERSION} was refused.\nIts file '../../elsewhere' would lie"
    )


def test_an_archive_that_is_not_what_the_channel_announces_is_refused(lab: Lab):
    folder = make_channel(lab.folder / "changed", interpreter(), HELLO)
    lab.channels["lab"] = f"file://{folder}"
    (archive,) = folder.glob("noarch/hello-*")
    archive.write_bytes(archive.read_bytes() + b"more")
    error = lab.refused("hello")
    assert error.title == "A conda package is not what its channel announces."
    assert f"file://{archive} has the SHA-256 " in error.detail
    assert error.hint == "Deploy again; if it happens again, tell those who keep the channel."


def test_an_archive_that_was_exchanged_where_it_is_kept_is_refused(lab: Lab):
    lab.installed()
    for archive in lab.places.py.glob("conda/*/*.conda"):
        archive.write_bytes(b"another")
    error = lab.refused("hello, tool")
    assert error.title == "A conda package is not what its channel announces."
    assert error.detail.startswith("hello 1.0 has the SHA-256 ")


def test_an_environment_that_is_not_whole_is_made_anew(lab: Lab):
    lab.installed()
    (lab.environment / MARKER).unlink()
    (lab.environment / "left").mkdir()
    lab.installed()
    assert not (lab.environment / "left").exists()


def test_other_channels_than_those_of_the_key_end_the_build(lab: Lab):
    key = dataclasses.replace(lab.key("hello"), channels="0" * 64)
    with pytest.raises(PorticoError) as caught:
        fetch(FetchOrder(key, lab.channels, {}, lab.places))
    assert str(caught.value) == (
        "The build was stopped.\n"
        "The channels of environment.yml are not those that were read before.\n"
        "Deploy again."
    )
