"""The words of the build's log."""

from __future__ import annotations

from portico.builder import log


def test_a_layer_says_where_it_comes_from():
    python = log.changed("the Python version", "3.11", "3.12")
    assert log.using_cached("apt layer") == "Using cached apt layer"
    assert log.building("apt layer") == "Building apt layer"
    assert log.building("environment", [python]) == (
        "Building environment because the Python version changed from 3.11 to 3.12"
    )
    assert log.building("environment", [python, "a changed", log.NO_CACHE]) == (
        "Building environment because the Python version changed from 3.11 to 3.12, a changed and "
        "--no-cache was given"
    )
