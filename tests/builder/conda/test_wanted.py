"""What an environment.yml asks for, checked as far as that is possible beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.builder.conda import specs
from portico.builder.conda.document import note
from portico.builder.conda.specs import Spec
from portico.builder.conda.wanted import Wanted, read
from portico.builder.detect import form
from portico.builder.findings import of_error
from portico.errors import PorticoError
from tests.builder.apps import write

OPERATORS = {"lab": "http://lab.test/c"}


def wanted(folder: Path, text: str, operators: dict[str, str] | None = OPERATORS) -> Wanted:
    return read(write(folder, {"environment.yml": text}), operators)


def test_channels_of_specs_come_after_those_of_the_file(tmp_path: Path):
    text = "channels: [lab, conda-forge]\ndependencies: [lab::a, other/noarch::b=1, c]\n"
    found = wanted(tmp_path, text)
    assert [channel.address for channel in found.channels] == [
        "http://lab.test/c",
        "https://conda.anaconda.org/conda-forge",
        "https://conda.anaconda.org/other",
    ]
    assert found.specs == (
        Spec("a", "a", "", "lab", 2),
        Spec("b=1", "b", "1.*", "other/noarch", 2),
        Spec("c", "c", "", "", 2),
    )


def test_without_channels_it_says_which_one_is_used(tmp_path: Path):
    found = wanted(tmp_path, "dependencies: [numpy]\n")
    assert [channel.address for channel in found.channels] == [
        "https://conda.anaconda.org/conda-forge"
    ]
    assert found.notes == (note(None, "It names no channel; conda-forge is used."),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("channels: [lab]\n", ""),
        ("channels: [lab]\ndependencies: [{pip: [x]}]\n", "environment.yml has a pip section"),
        (
            "channels: ['https://me:s3cret@own.test/c']\n",
            "the channel https://own.test/c wants credentials",
        ),
    ],
)
def test_what_apps_may_not_share(tmp_path: Path, text: str, reason: str):
    assert wanted(tmp_path, text).private == reason


@pytest.mark.parametrize(
    ("entries", "version"),
    [
        ("numpy", ""),
        ("python", ""),
        ("python=3.11", "3.11"),
        ("python==3.11.4", "3.11.4"),
        ("python 3.11.*", "3.11"),
        ("conda-forge::python=3.10", "3.10"),
        ("python>=3.9", "3"),
        ("python>=3.9,<3.12", "3"),
    ],
)
def test_knows_the_python_that_the_file_names(tmp_path: Path, entries: str, version: str):
    found = wanted(tmp_path, f"channels: [lab]\ndependencies: ['{entries}']\n")
    assert specs.python_version(found.specs) == version
    added = [] if version else ["python 3.12.*"]
    assert specs.python_to_add(found.specs, "3.12") == added


def test_the_platforms_of_the_file_have_to_name_this_one(tmp_path: Path):
    wanted(tmp_path, f"channels: [lab]\nplatforms: [osx-64, {specs.here()}]\n")
    with pytest.raises(PorticoError) as caught:
        wanted(tmp_path, "channels: [lab]\nplatforms: [osx-64, win-64]\n")
    assert str(caught.value) == (
        "environment.yml cannot be carried out.\n"
        f"Line 2: The environment is for osx-64 and win-64; this server is {specs.here()}.\n"
        f"Line 2: Add `- {specs.here()}` there."
    )


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("numpy>=", "`numpy>=` asks for no conda package: unable to parse version spec: >=."),
        ("flask[async]", "`flask[async]` asks for no conda package: "),
        ("nump*", "`nump*` asks for no conda package: "),
        ("./thing.conda", "`./thing.conda` is a file, not the name of a package."),
        ("git+https://x.test/a", "`git+https://x.test/a` is a file, not the name of a package."),
        ("a[url=https://x.test/a]", "`a[url=https://x.test/a]` is a file, not the name of"),
        ("a[channel=conda-forge]", "`a[channel=conda-forge]` names its channel in brackets."),
        ("https://me:s3cret@x.test/c::a>=", "`https://***@x.test/c::a>=` asks for no conda"),
        ("http://x.test/c::a", "The channel http://x.test/c is not encrypted."),
    ],
)
def test_an_entry_that_is_no_spec_is_told(tmp_path: Path, entry: str, what: str):
    with pytest.raises(PorticoError) as caught:
        wanted(tmp_path, f"channels: [lab]\ndependencies:\n  - '{entry}'\n")
    (finding,) = of_error(caught.value, "environment.yml")
    assert (finding.file, finding.line) == ("environment.yml", 3)
    assert finding.what.startswith(what)
    assert finding.fix


def test_where_nobody_knows_the_operator_a_doubtful_channel_is_a_warning(tmp_path: Path):
    found = wanted(tmp_path, "channels: ['http://lab.test/c']\n", operators=None)
    assert found.notes == (
        note(
            1,
            "The channel http://lab.test/c is not encrypted.",
            "Use its https address, or ask the operator to add it to conda_channels.",
        ),
    )


def test_the_files_of_the_pip_section_decide_about_the_environment_too(tmp_path: Path):
    text = (
        "channels: [lab]\ndependencies:\n  - numpy\n  - pip:\n    - requests\n    - -r more.txt\n"
    )
    tree = write(tmp_path, {"environment.yml": text, "more.txt": "flask\n"})
    found = form("environment.yml").read(tree)
    assert found.files == ("environment.yml", "more.txt")
    assert found.names == {"numpy", "requests", "flask"}
    (tree / "more.txt").unlink()
    with pytest.raises(PorticoError) as caught:
        form("environment.yml").read(tree)
    assert "Line 6 says `-r more.txt`; the app has no file more.txt." in str(caught.value)
