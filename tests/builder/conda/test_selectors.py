"""Which entries are for this machine."""

from __future__ import annotations

import pytest

from portico.builder.conda.selectors import holds, of_line


@pytest.mark.parametrize(
    ("line", "selector"),
    [
        ("  - numpy  # [linux]", "linux"),
        ("  - numpy # [not win ]", "not win"),
        ("  - numpy  # for [linux]", None),
        ("  - numpy  # [linux] only", None),
        ("  - numpy#[linux]", None),
        ("  - numpy[extras=[a]]", None),
    ],
)
def test_a_selector_is_a_comment_of_its_own(line: str, selector: str | None):
    assert of_line(line) == selector


@pytest.mark.parametrize(
    ("selector", "machine", "truth"),
    [
        ("linux", "x86_64", True),
        ("Linux", "x86_64", True),
        ("unix", "aarch64", True),
        ("linux64", "x86_64", True),
        ("linux-64", "aarch64", False),
        ("aarch64", "aarch64", True),
        ("win", "x86_64", False),
        ("not win", "x86_64", True),
        ("osx or linux", "x86_64", True),
        ("linux and not x86_64", "x86_64", False),
        ("linux and not x86_64 or unix", "x86_64", True),
        ("solaris", "x86_64", None),
        ("py27", "x86_64", None),
        ("linux and", "x86_64", None),
        ("", "x86_64", None),
    ],
)
def test_a_selector_holds_here_or_not(selector: str, machine: str, truth: bool | None):
    assert holds(selector, machine) is truth
