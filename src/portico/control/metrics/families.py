"""What is told, in the words of Prometheus. Pure: facts in, families of metrics out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from portico.control.metrics.facts import AppFacts, PlatformFacts
from portico.figures import BOUNDS, CLASSES, ProcessFigures, Requests
from portico.wire import ProcessState

LES = (*(str(bound) for bound in BOUNDS), "+Inf")
_APP = ["app"]
STATES = tuple(str(state) for state in ProcessState)


def of_platform(facts: PlatformFacts, apps: Sequence[AppFacts]) -> Iterator[Metric]:
    states = sum((Counter(app.states) for app in apps), Counter())
    yield InfoMetricFamily("portico", "The server.", {"version": facts.version})
    yield GaugeMetricFamily("portico_apps", "Apps that there are.", len(apps))
    yield _gauge("processes", "Processes of all apps.", "state", {s: states[s] for s in STATES})
    yield _gauge("deploys", "Deploys that wait or are under way.", "state", facts.deploys)
    yield GaugeMetricFamily("portico_agent_connected", "1 if the agent is there.", facts.agent)
    yield GaugeMetricFamily("portico_router_up", "1 if the router answers.", facts.router)
    answers = CounterMetricFamily(
        "portico_platform_requests", "Answers that no app's process gave.", labels=["class"]
    )
    took = HistogramMetricFamily(
        "portico_platform_request_duration_seconds", "Until they began.", labels=[]
    )
    _add_answers(answers, [], facts.total.requests)
    _add_took(took, [], facts.total.requests)
    yield from (answers, took)


def of_apps(apps: Sequence[AppFacts]) -> Iterator[Metric]:
    processes = GaugeMetricFamily(
        "portico_app_processes",
        "Processes; running, and what others there are.",
        labels=["app", "state"],
    )
    answers = CounterMetricFamily(
        "portico_app_requests", "Answers of the app's own processes.", labels=["app", "class"]
    )
    took = HistogramMetricFamily(
        "portico_app_request_duration_seconds", "Until they began.", labels=_APP
    )
    for app in apps:
        for state, count in {str(ProcessState.RUNNING): 0, **app.states}.items():
            processes.add_metric([app.name, state], count)
        _add_answers(answers, [app.name], app.total.requests)
        _add_took(took, [app.name], app.total.requests)
    yield from (processes, answers, took, *_used(apps))


def _used(apps: Iterable[AppFacts]) -> Iterator[Metric]:
    restarts = CounterMetricFamily(
        "portico_app_restarts", "Processes that died and were started again.", labels=_APP
    )
    cpu = CounterMetricFamily("portico_app_cpu_seconds", "Processor time.", labels=_APP)
    memory = GaugeMetricFamily("portico_app_memory_bytes", "In use now.", labels=_APP)
    limit = GaugeMetricFamily(
        "portico_app_memory_limit_bytes", "What they may use together.", labels=_APP
    )
    for app in apps:
        restarts.add_metric([app.name], app.restarts)
        cpu.add_metric([app.name], app.total.cpu_seconds)
        _add_sum(memory, app, lambda used: used.memory)
        _add_sum(limit, app, lambda used: used.memory_limit)
    yield from (restarts, cpu, memory, limit)


def _gauge(name: str, about: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"portico_{name}", about, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _add_sum(
    family: GaugeMetricFamily, app: AppFacts, value: Callable[[ProcessFigures], int | None]
) -> None:
    """What nobody counts is absent, as it is not zero."""
    known = [each for used in app.uses if (each := value(used)) is not None]
    if known:
        family.add_metric([app.name], sum(known))


def _add_answers(family: CounterMetricFamily, labels: list[str], requests: Requests) -> None:
    for kind, count in zip(CLASSES, requests.answers, strict=True):
        family.add_metric([*labels, f"{kind}xx"], count)


def _add_took(family: HistogramMetricFamily, labels: list[str], requests: Requests) -> None:
    counts = zip(LES, accumulate(requests.took), strict=True)
    family.add_metric(labels, list(counts), requests.seconds)
