from __future__ import annotations

from portico.control import reports
from portico.control.models import App, Event, Process
from portico.wire import Problem, Report
from tests.control.reporting import process, tell


def test_processes_are_replaced(app: App) -> None:
    tell(app, processes=(process("web.1", pid=4), process("worker.1")))
    tell(app, processes=(process("web.1", "crashed", last_exit="exited with 1"),), serving=1)
    one = Process.objects.get()
    app.refresh_from_db()
    assert (one.name, one.state, one.last_exit, app.serving) == (
        "web.1",
        "crashed",
        "exited with 1",
        1,
    )


def test_the_same_processes_are_not_written_again(app: App) -> None:
    tell(app, processes=(process("web.1"),))
    before = Process.objects.get().pk
    tell(app, processes=(process("web.1"),))
    assert Process.objects.get().pk == before


def test_processes_in_trouble_are_in_the_event_trail_once(app: App) -> None:
    def tell_of(state: str, since: float) -> None:
        words = "failed its liveness check once: asked for /, it answered 500."
        tell(app, processes=(process("web.1", state, last_exit=words, since=since),))

    for since in (1.0, 2.0):
        tell_of("running", since)
        tell_of("unhealthy", since)
        tell_of("unhealthy", since)
    event = Event.objects.filter(app_id=app.pk).exclude(verb="create").get()
    assert (event.verb, event.user, event.detail) == (
        "unhealthy",
        "",
        "web.1 of v1 failed its liveness check once: asked for /, it answered 500.",
    )


def test_apps_that_the_agent_does_not_know_have_no_processes(app: App) -> None:
    tell(app, processes=(process("web.1"),))
    reports.take(Report(known=(app.pk,)))
    assert Process.objects.exists()
    reports.take(Report(known=()))
    assert not Process.objects.exists()


def test_why_a_restart_did_not_take_is_kept(app: App) -> None:
    tell(app, problem=Problem(title="It exits."), failed_generation=1)
    app.refresh_from_db()
    assert app.problem == {"title": "It exits.", "detail": "", "hint": ""}


def test_why_an_earlier_restart_did_not_take_is_forgotten(app: App) -> None:
    App.objects.update(generation=2)
    tell(app, problem=Problem(title="It exits."), failed_generation=1)
    app.refresh_from_db()
    assert app.problem is None


def test_a_report_on_an_app_that_is_gone_is_ignored(db: None) -> None:
    gone = App(pk=4711, name="gone")
    tell(gone, processes=(process("web.1"),))
    assert not Process.objects.exists()
