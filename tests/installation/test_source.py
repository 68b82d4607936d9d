"""Where a version comes from, in uv's words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.installation.source import Source, extras_in, own_source


@pytest.mark.parametrize(
    ("where", "options", "requirement"),
    [
        (
            "https://pypi.example/simple",
            ("--default-index", "https://pypi.example/simple"),
            "portico==0.2.0",
        ),
        ("/srv/wheels", ("--find-links", "/srv/wheels"), "portico==0.2.0"),
        (
            "/srv/portico-0.2.0-py3-none-any.whl",
            (),
            "/srv/portico-0.2.0-py3-none-any.whl",
        ),
    ],
)
def test_a_source_is_an_index_a_folder_or_a_wheel(
    where: str, options: tuple[str, ...], requirement: str
):
    source = Source(where)
    assert source.options() == options
    assert source.requirement("0.2.0") == requirement


def test_extras_are_asked_for_wherever_it_comes_from():
    wheel = "/srv/portico-0.2.0-py3-none-any.whl"
    assert Source(wheel).requirement("0.2.0", ("saml",)) == f"portico[saml] @ file://{wheel}"
    assert Source("/srv/wheels").requirement("0.2.0", ("saml",)) == "portico[saml]==0.2.0"


def test_an_environment_shows_its_extras(tmp_path: Path):
    assert extras_in(tmp_path) == frozenset()
    (tmp_path / "lib/python3.11/site-packages/onelogin").mkdir(parents=True)
    assert extras_in(tmp_path) == {"saml"}
    assert "saml" in extras_in(Path(sys.prefix))


def test_a_checkout_is_a_source_too(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.3.0"\n')
    source = Source(str(tmp_path))
    assert (source.options(), source.requirement("0.3.0"), source.version()) == (
        (),
        str(tmp_path),
        "0.3.0",
    )


def test_a_wheel_says_its_version_and_an_index_does_not():
    assert Source("/srv/portico-0.2.0rc1-py3-none-any.whl").version() == "0.2.0rc1"
    assert Source("/srv/wheels").version() is None
    assert Source("https://pypi.example/simple").version() is None


def test_another_wheel_is_refused():
    with pytest.raises(PorticoError) as refused:
        Source("/srv/flask-3.0-py3-none-any.whl").version()
    assert (refused.value.title, refused.value.detail, refused.value.hint) == (
        "This is not a wheel of Portico.",
        "flask-3.0-py3-none-any.whl is not named like one: portico-VERSION-py3-none-any.whl.",
        "Give the file as it was published, or the folder that it lies in.",
    )


def test_this_program_knows_what_it_came_from():
    assert own_source() == Source(str(Path(__file__).parents[2]))
