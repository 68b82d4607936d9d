from __future__ import annotations

from portico.control import reports
from portico.control.models import App, Process
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


def test_a_complete_report_leaves_no_other_processes(app: App) -> None:
    tell(app, processes=(process("web.1"),))
    reports.take(Report(complete=True))
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
