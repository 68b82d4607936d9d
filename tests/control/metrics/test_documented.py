"""docs/operators/metrics.md names what there is, and its configurations fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from django.urls import resolve

from portico.control.metrics.families import of_apps, of_platform
from portico.control.metrics.view import metrics
from portico.wire import ProcessState
from tests.control.metrics.test_families import PLATFORM, POLLS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operators" / "metrics.md").read_text()


def blocks() -> list[Any]:
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def told() -> set[str]:
    """Names, with `_total` and without the parts of a histogram."""
    families = [*of_platform(PLATFORM, [POLLS]), *of_apps([POLLS])]
    endings = {"counter": "_total", "info": "_info"}
    return {family.name + endings.get(family.type, "") for family in families}


def test_every_metric_is_documented_and_no_other() -> None:
    assert set(re.findall(r"^\| `(portico_\w+)`", PAGE, re.MULTILINE)) == told()
    (states,) = re.findall(r"`portico_processes` \| of all apps, by `state`: (.*?) \|", PAGE)
    assert set(states.split(", ")) == set(ProcessState)


def test_the_scrape_configuration_leads_to_the_page() -> None:
    (scraped,) = blocks()[0]["scrape_configs"]
    assert resolve(scraped["metrics_path"]).func is metrics
    assert "credentials_file" in scraped["authorization"]


def test_the_rules_name_metrics_that_there_are() -> None:
    rules = [rule["expr"] for group in blocks()[1]["groups"] for rule in group["rules"]]
    assert len(rules) == 4
    for expression in rules:
        named = re.findall(r"portico_\w+", expression)
        assert {name.removesuffix("_bucket") for name in named} <= told(), expression
