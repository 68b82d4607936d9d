"""What is told, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from portico.control.figures.totals import Total
from portico.control.metrics.facts import AppFacts, PlatformFacts
from portico.control.metrics.families import of_apps, of_platform
from portico.figures import ProcessFigures, Requests

POLLS = AppFacts(
    name="polls",
    states={"running": 2, "crashed": 1},
    restarts=4,
    total=Total(
        Requests(answers=(0, 7, 1, 0, 2), took=(6, 3, *[0] * 10, 1), seconds=40.5), cpu_seconds=12.5
    ),
    uses=(
        ProcessFigures(handle="a", name="web.1", memory=100, memory_limit=1000),
        ProcessFigures(handle="b", name="web.2", memory=50, memory_limit=1000),
        ProcessFigures(handle="c", name="worker.1"),
    ),
)
BLOG = AppFacts(name="blog")
PLATFORM = PlatformFacts(
    version="1.2.3", agent=True, deploys={"queued": 1, "building": 0}, total=POLLS.total
)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def told(apps: list[AppFacts]) -> Samples:
    """By name and labels, through the text and back."""

    class Registry:
        def collect(self) -> list[Metric]:
            return [*of_platform(PLATFORM, apps), *of_apps(apps)]

    text = generate_latest(Registry()).decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    samples = [sample for family in families for sample in family.samples]
    found = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}
    assert len(found) == len(samples)
    return found


def of_app(samples: Samples, app: str) -> Samples:
    label = ("app", app)
    return {
        (name.removeprefix("portico_app_"), tuple(one for one in labels if one != label)): value
        for (name, labels), value in samples.items()
        if label in labels
    }


def test_an_app_is_told_with_all_that_it_did() -> None:
    took = {"0.005": 6, "0.01": 9, "30.0": 9, "+Inf": 10}
    found = of_app(told([BLOG, POLLS]), "polls")
    buckets = {key: value for key, value in found.items() if "bucket" in key[0]}
    assert len(buckets) == 13
    for bound, count in took.items():
        assert buckets["request_duration_seconds_bucket", (("le", bound),)] == count
    answers = {"1xx": 0, "2xx": 7, "3xx": 1, "4xx": 0, "5xx": 2}
    assert {key: value for key, value in found.items() if key not in buckets} == {
        ("processes", (("state", "running"),)): 2,
        ("processes", (("state", "crashed"),)): 1,
        **{("requests_total", (("class", kind),)): n for kind, n in answers.items()},
        ("request_duration_seconds_count", ()): 10,
        ("request_duration_seconds_sum", ()): 40.5,
        ("restarts_total", ()): 4,
        ("cpu_seconds_total", ()): 12.5,
        ("memory_bytes", ()): 150,
        ("memory_limit_bytes", ()): 2000,
    }


def test_an_app_that_does_nothing_has_zeros_and_no_memory() -> None:
    found = of_app(told([BLOG, POLLS]), "blog")
    assert set(found.values()) == {0}
    assert found["processes", (("state", "running"),)] == 0
    assert ("memory_bytes", ()) not in found


def test_the_platform_is_told_beside_them() -> None:
    found = {key: value for key, value in told([BLOG, POLLS]).items() if "_app_" not in key[0]}
    named = {name: value for (name, labels), value in found.items() if not labels}
    assert named == {
        "portico_apps": 2,
        "portico_agent_connected": 1,
        "portico_router_up": 0,
        "portico_platform_request_duration_seconds_count": 10,
        "portico_platform_request_duration_seconds_sum": 40.5,
    }
    assert found["portico_info", (("version", "1.2.3"),)] == 1
    assert found["portico_processes", (("state", "running"),)] == 2
    assert found["portico_processes", (("state", "backoff"),)] == 0
    assert found["portico_deploys", (("state", "queued"),)] == 1
    assert found["portico_platform_requests_total", (("class", "2xx"),)] == 7


def test_there_are_as_many_lines_as_apps_account_for() -> None:
    few, many = (
        len(told([AppFacts(name=f"app-{n}", states=POLLS.states) for n in range(count)]))
        for count in (10, 20)
    )
    assert (many - few) / 10 == 24
