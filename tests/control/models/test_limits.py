"""What processes may use: the author's word, the operator's bounds, the machine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from portico.control import reports
from portico.control.models import App, Deploy, Event, PlanRow
from portico.control.models.limits import limits_of, not_enforced, types_of
from portico.errors import PorticoError
from portico.wire import AppPlan, Capacity, ProcessLimits, Report
from tests.control.reporting import go_live

Upload = Callable[..., Deploy]
GIB = 1 << 30
ALL = frozenset({"memory", "cpu", "pids", "files"})
USUAL = {"memory": GIB, "cpu": None, "pids": 512, "files": 65_536}


@pytest.fixture
def released(app: App, upload: Upload) -> App:
    go_live(upload())
    return App.named("polls")


def has(memory: int = 20 * GIB, enforced: frozenset[str] = ALL) -> None:
    """The agent has said what there is."""
    changeable = enforced - {"files"}
    capacity = Capacity(memory=memory, cpus=4, enforced=enforced, changeable=changeable)
    reports.take(Report(capacity=capacity))


def document(app: App) -> AppPlan:
    return AppPlan.model_validate(PlanRow.objects.get(pk=app.pk).document)


def test_a_limit_reaches_the_plan_and_the_trail_without_a_restart(
    released: App, alice: User
) -> None:
    has()
    assert released.limit({"web": {"memory": 2 * GIB, "cpu": 1.5}}, alice) is False
    planned = document(released)
    assert planned.limits == {"web": ProcessLimits(memory=2 * GIB, cpus=1.5)}
    assert (planned.usual_limits, planned.generation) == (ProcessLimits(), 1)
    assert limits_of(released, "web") == {**USUAL, "memory": 2 * GIB, "cpu": 1.5}
    trail = Event.objects.order_by("id").last()
    assert trail is not None
    assert (trail.verb, trail.detail) == ("limits", "web memory=2.0 GiB cpu=1.5")
    released.limit({"web": {"memory": None, "cpu": None}}, alice)
    assert document(released).limits == {}


def test_what_only_new_processes_get_restarts_them(released: App, alice: User) -> None:
    has()
    assert released.limit({"web": {"files": 100}}, alice)
    assert released.limit({"web": {"files": 100}}, alice) is False
    assert released.limit({"run": {"files": 100}}, alice) is False
    has(enforced=frozenset({"files"}))
    assert released.limit({"web": {"memory": 2 * GIB}}, alice)
    assert document(released).generation == 3
    assert not_enforced() == ["memory", "cpu", "pids"]


def test_a_type_that_is_not_there_is_refused(released: App, alice: User) -> None:
    assert types_of(released) == ["web", "worker", "release", "run"]
    with pytest.raises(PorticoError) as error:
        released.limit({"wrb": {"memory": 2 * GIB}}, alice)
    assert error.value.as_dict() == {
        "title": "There is no process type 'wrb'.",
        "detail": "This app has: web, worker, release, run.",
        "hint": "Limit one of those, or add a line for it to the Procfile and deploy.",
    }


def test_before_the_first_release_any_type_may_be_limited(app: App, alice: User) -> None:
    app.limit({"worker": {"pids": 20}}, alice)
    with pytest.raises(PorticoError) as error:
        app.limit({"No Type": {"pids": 20}}, alice)
    assert error.value.detail == "A process type has 1 to 20 lower-case letters, digits and dashes."


def test_the_operator_and_the_machine_have_the_last_word(
    released: App, alice: User, settings: Any
) -> None:
    has(memory=20 * GIB)
    with pytest.raises(PorticoError) as machine:
        released.limit({"web": {"memory": 21 * GIB}}, alice)
    assert machine.value.title == "21.0 GiB of memory are more than this server has for apps."
    released.limit({"web": {"memory": 8 * GIB}}, alice)
    update = {"max_process_memory_bytes": 4 * GIB, "process_pids": 64}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    assert limits_of(released, "web") == {**USUAL, "memory": 4 * GIB, "pids": 64}
    with pytest.raises(PorticoError) as operator:
        released.limit({"web": {"memory": 8 * GIB}}, alice)
    assert operator.value.hint == (
        "Choose less, or ask the operator to raise max_process_memory_bytes."
    )
    with pytest.raises(PorticoError) as unknown:
        released.limit({"web": {"ram": 1}}, alice)
    assert unknown.value.title == "There is no limit 'ram'."


def test_the_operators_new_settings_reach_every_plan_at_the_next_start(
    released: App, alice: User, settings: Any
) -> None:
    other = App.create("other", alice)
    App.follow_settings()
    versions = [PlanRow.objects.get(pk=app.pk).version for app in (released, other)]
    App.follow_settings()
    assert [PlanRow.objects.get(pk=app.pk).version for app in (released, other)] == versions
    update = {"process_memory_bytes": GIB // 2}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    App.follow_settings()
    assert {document(app).usual_limits.memory for app in (released, other)} == {GIB // 2}
