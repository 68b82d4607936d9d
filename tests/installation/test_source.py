"""Where a version comes from, in uv's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.installation.source import Source, wheel_version


@pytest.mark.parametrize(
    ("where", "options", "requirement"),
    [
        ("", (), "portico==0.2.0"),
        ("https://pypi.example/simple", ("--default-index", "https://pypi.example/simple"), None),
        ("/srv/wheels", ("--find-links", "/srv/wheels"), None),
        ("/srv/portico-0.2.0-py3-none-any.whl", (), "/srv/portico-0.2.0-py3-none-any.whl"),
    ],
)
def test_a_source_is_an_index_a_folder_or_a_wheel(
    where: str, options: tuple[str, ...], requirement: str | None
):
    source = Source(where)
    assert source.options() == options
    assert source.requirement("0.2.0") == (requirement or "portico==0.2.0")


def test_a_wheel_says_its_version():
    assert wheel_version(Path("/srv/portico-0.2.0rc1-py3-none-any.whl")) == "0.2.0rc1"


def test_another_wheel_is_refused():
    with pytest.raises(PorticoError) as refused:
        wheel_version(Path("/srv/flask-3.0-py3-none-any.whl"))
    assert (refused.value.title, refused.value.detail, refused.value.hint) == (
        "This is not a wheel of Portico.",
        "flask-3.0-py3-none-any.whl is not named like one: portico-VERSION-py3-none-any.whl.",
        "Give the file as it was published, or the folder that it lies in.",
    )
