from __future__ import annotations

import pytest

from portico.agent.examining.versions import MISSING, version_in, versions


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("git version 2.39.5\n", "2.39.5"),
        ("bubblewrap 0.11.0\n", "0.11.0"),
        ("uv 0.9.1 (5d0ae4a0f 2026-10-02)\n", "0.9.1"),
        ("nftables v1.0.6 (Lester Gooch #5)\n", "1.0.6"),
        (
            "/opt/python3.11/envoy  version: 7cd0ba8e1f/1.40.0/Clean/RELEASE/BoringSSL\n",
            "1.40.0",
        ),
        ("no number\n", MISSING),
        ("", MISSING),
    ],
)
def test_a_version_is_found_in_what_a_program_says(said: str, version: str) -> None:
    assert version_in(said) == version


def test_each_program_is_asked() -> None:
    found = dict(versions())
    assert list(found)[:4] == ["Envoy", "bubblewrap", "uv", "git"]
    assert list(found)[-2:] == ["Linux", "System"]
    assert {name for name, version in found.items() if version == MISSING} <= {"nftables"}
