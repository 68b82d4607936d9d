from __future__ import annotations

from pathlib import Path

import pytest

from portico.cli import doctor
from portico.cli.doctor import read_protection
from portico.doctor.check import Check
from portico.errors import PorticoError


def test_a_protection_is_read_as_the_agent_prints_it():
    line = '{"name": "an own user per app", "on": false, "how": "Run as root."}'
    assert read_protection(line) == Check("an own user per app", on=False, how="Run as root.")


def test_an_agent_that_measures_without_an_end_is_told(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(doctor, "PROTECTIONS_SECONDS", 0)
    with pytest.raises(PorticoError) as error:
        doctor.protections(tmp_path)
    assert str(error.value) == (
        "The protections of this machine could not be measured.\n"
        "It took longer than 0 seconds.\n"
        "Install Portico again; if that does not help, report it with the line above."
    )
