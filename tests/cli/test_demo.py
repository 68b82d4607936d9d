from __future__ import annotations

from pathlib import Path

import portico
from portico.cli.demo import _server_environment, example


def test_in_a_checkout_the_example_is_the_checkouts():
    assert example() == Path(__file__).resolve().parents[2] / "examples" / "django-polls"


def test_in_an_installed_package_the_example_is_the_packages(tmp_path: Path, monkeypatch):
    packaged = tmp_path / "portico" / "_examples" / "django-polls"
    packaged.mkdir(parents=True)
    monkeypatch.setattr(portico, "__file__", str(tmp_path / "portico" / "__init__.py"))
    assert example() == packaged


def test_the_demo_has_nothing_to_do_with_another_servers_settings(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://precious")
    monkeypatch.setenv("PORTICO_DATABASE_URL", "postgres://precious")
    monkeypatch.setenv("UV_INDEX_URL", "https://packages.test/simple")
    found = _server_environment()
    assert "precious" not in "".join(found.values())
    assert found["UV_INDEX_URL"] == "https://packages.test/simple"
