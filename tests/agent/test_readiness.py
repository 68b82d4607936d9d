import pytest

from portico.agent.limits import words_of_exit
from portico.agent.readiness import (
    NOWHERE,
    Verdict,
    check_of,
    ended_at_start,
    judge,
    never_answered,
    probe_of,
    taught,
    words_of_failure,
)
from portico.builder.lessons import Context
from portico.engines.engine import Answers, Check, Probe
from portico.wire import Liveness, PathMode, Problem
from tests.agent.plans import plan, release


def answered(**by_path: int) -> Answers:
    return Answers(by_path)


def test_the_app_is_asked_as_the_router_would_ask_it():
    assert probe_of(plan(), release(), PathMode.OWN) == Probe(
        host="portico.test:8000",
        paths=("/polls/",),
        headers={"X-Forwarded-Proto": "http", "X-Forwarded-Host": "portico.test:8000"},
        seconds=60,
    )
    stripped = probe_of(plan(), release(health_path="/up"), PathMode.STRIP)
    assert stripped.paths == ("/up",)
    assert stripped.headers["X-Forwarded-Prefix"] == "/polls"


def test_a_liveness_check_asks_as_the_router_would_too():
    liveness = Liveness(path="/live", attempts=2, timeout=3, wait=4, initial_delay=1)
    assert check_of(plan(), liveness, PathMode.OWN) == Check(
        host="portico.test:8000",
        path="/polls/live",
        headers={"X-Forwarded-Proto": "http", "X-Forwarded-Host": "portico.test:8000"},
        wait=4,
        timeout=3,
        attempts=2,
        initial_delay=1,
    )
    assert check_of(plan(), liveness, PathMode.STRIP).path == "/live"
    assert words_of_failure(Liveness(attempts=1), "it answered 500.") == (
        "failed its liveness check once: asked for /, it answered 500."
    )


def test_an_answer_below_500_is_ready():
    for status in (200, 302, 401, 403):
        assert judge(plan(), release(), PathMode.OWN, Answers({"/polls/": status})) == Verdict()


def test_a_refused_host_says_how_to_allow_it():
    assert judge(plan(), release(), PathMode.OWN, Answers({"/polls/": 400})).problem == Problem(
        title="The app refuses its host name.",
        detail="It answered 400 at /polls/ to a request for the host portico.test.",
        hint='With Django, add the host to the settings: ALLOWED_HOSTS = [os.environ["PORTICO_HOSTNAME"]].',
    )


def test_404_at_the_root_fails_in_own_mode_and_warns_otherwise():
    assert judge(plan(), release(), PathMode.OWN, Answers({"/polls/": 404})).problem == Problem(
        title="The app has no page at its path.",
        detail="It answered 404 at /polls/, where viewers will open it.",
        hint='Route the path in the app, e.g. path("polls/", ...) in urls.py, or let Portico mount it: '
        "portico apps set polls --path mount.",
    )
    assert judge(plan(), release(), PathMode.STRIP, Answers({"/": 404})) == Verdict(
        warning="The app answers 404 at its root, http://portico.test:8000/polls/."
    )


def test_a_server_error_fails():
    assert judge(plan(), release(), PathMode.MOUNT, Answers({"/polls/": 500})).problem == Problem(
        title="The app answers with a server error.",
        detail="It answered 500 at /polls/.",
        hint="Its log says why; the deploy's log ends with its last lines, and `portico logs polls` has the rest.",
    )


@pytest.mark.parametrize(
    ("full", "bare", "full_nowhere", "bare_nowhere", "mode"),
    [
        (200, 404, 404, 404, PathMode.OWN),
        (403, 404, 404, 404, PathMode.OWN),
        (200, 404, 200, 404, PathMode.OWN),
        (404, 200, 404, 404, PathMode.STRIP),
        (200, 200, 200, 200, PathMode.STRIP),
        (200, 404, 200, 200, PathMode.STRIP),
    ],
)
def test_the_path_mode_follows_from_the_answers(full, bare, full_nowhere, bare_nowhere, mode):
    answers = Answers(
        {"/polls/": full, "/": bare, f"/polls{NOWHERE}": full_nowhere, NOWHERE: bare_nowhere}
    )
    assert judge(plan(), release(), None, answers) == Verdict(path_mode=mode)


def test_a_path_mode_that_cannot_be_found_asks_for_the_setting():
    answers = Answers({"/polls/": 404, "/": 404, f"/polls{NOWHERE}": 404, NOWHERE: 404})
    assert judge(plan(), release(), None, answers).problem == Problem(
        title="Portico could not find out how the app meets its path.",
        detail="It answered 404 at /polls/ and 404 at /.",
        hint="Make one of the two answer, or say which it is: portico apps set polls --path own, mount or strip.",
    )


def test_listening_elsewhere_is_told_with_both_ports():
    assert never_answered(plan(), Answers(), (8000,), 12345) == Problem(
        title="The app listens on the wrong port.",
        detail="It was given PORT=12345 but listens on 8000; nothing answered within 60 s.",
        hint='Bind to the port in the variable PORT: port=int(os.environ["PORT"]) in a program of your '
        'own, "--bind 0.0.0.0:$PORT" or "--port $PORT" behind a server in the Procfile.',
    )


def test_never_listening_is_told():
    assert never_answered(plan(), Answers(), (), 12345) == Problem(
        title="The app never listened on its port.",
        detail="It was given PORT=12345 and listened on no port within 60 s.",
        hint="Check that the web line of the Procfile starts a server that binds to $PORT; "
        "a slow start gets more time with: portico apps set polls --ready-seconds 120.",
    )


def test_listening_without_an_answer_is_told():
    assert never_answered(plan(), Answers(error="timed out"), (12345,), 12345) == Problem(
        title="The app never answered.",
        detail="It listens on port 12345 but gave no answer within 60 s: timed out",
        hint="Its log says why; a slow start gets more time with: portico apps set polls --ready-seconds 120.",
    )


def test_listening_on_an_address_that_is_not_asked_is_told():
    answers = Answers(error="Connection refused.")
    assert never_answered(plan(), answers, (8000,), 8000) == Problem(
        title="The app listens where the router cannot reach it.",
        detail="It listens on port 8000, but connections to it were refused for 60 s: it listens on an "
        "IPv6 address alone, or on one that is not the process's.",
        hint="Listen on all addresses or on 127.0.0.1, e.g. "
        '"web: uvicorn main:app --host 0.0.0.0 --port $PORT".',
    )


def test_an_end_at_the_start_is_told_with_the_last_lines():
    assert ended_at_start(plan(), words_of_exit(3), ["Traceback", "KeyError: 'X'"]) == Problem(
        title="The app ended at its start.",
        detail="The web process ended with code 3 before it answered: KeyError: 'X'\nIts last lines:\n"
        "    Traceback\n    KeyError: 'X'",
        hint="Mend what the lines above say and deploy again; `portico logs polls` has all of them.",
    )


def test_last_lines_that_name_what_is_missing_say_what_to_write():
    problem = Problem(title="a", detail="b", hint="c")
    lines = ["Traceback", "ModuleNotFoundError: No module named 'yaml'"]
    assert taught(problem, lines, Context("requirements.txt")) == Problem(
        title="a",
        detail="b",
        hint="The module yaml is missing: add a line `pyyaml` to requirements.txt, and deploy "
        "again.",
    )
    assert taught(problem, ["KeyError: 'X'"], Context()) == problem
