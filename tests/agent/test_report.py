from portico.agent.observed import Progress, Target
from portico.agent.report import report_of
from portico.agent.supervision import Phase, Slot
from portico.wire import AppReport, DeployReport, DeployState, Problem, ProcessReport, ProcessState
from tests.agent.plans import process, state


def test_running_draining_and_waiting_processes_are_told():
    app = state(process(release=2), process(phase=Phase.DRAINING), serving=(2, 1))
    app.slots = {
        "web.1": Slot(restarts=1, last_exit="ended with code 1"),
        "worker.1": Slot(
            deaths=3, restarts=3, last_exit="ended with code 2", out_of_memory=True, since=9.0
        ),
    }
    assert report_of(app) == AppReport(
        id=7,
        serving=2,
        generation=1,
        processes=(
            ProcessReport(
                handle="web.1-v1g1",
                name="web.1",
                state=ProcessState.STOPPING,
                release=1,
                since=0.0,
                address="127.0.0.1",
                port=10_111,
            ),
            ProcessReport(
                handle="web.1-v2g1",
                name="web.1",
                state=ProcessState.RUNNING,
                release=2,
                since=0.0,
                restarts=1,
                last_exit="ended with code 1",
                address="127.0.0.1",
                port=10_211,
            ),
            ProcessReport(
                name="worker.1",
                state=ProcessState.CRASHED,
                release=2,
                since=9.0,
                restarts=3,
                last_exit="ended with code 2",
                out_of_memory=True,
            ),
        ),
    )


def test_a_deploy_is_told_once_it_has_begun():
    assert report_of(state(progress=Progress(5))).deploy is None
    failed = Progress(5, DeployState.FAILED, problem=Problem(title="It broke."))
    assert report_of(state(progress=failed)).deploy == DeployReport(
        id=5, state=DeployState.FAILED, problem=Problem(title="It broke.")
    )


def test_why_a_restart_did_not_take_is_told_with_the_restart_it_speaks_of():
    problem = Problem(title="It exits.")
    report = report_of(state(failed=Target(2, 3), problem=problem))
    assert (report.problem, report.failed_generation) == (problem, 3)
