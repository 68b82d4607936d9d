"""What counts for an app, and what for the platform."""

from __future__ import annotations

import socket

from portico.figures import Requests
from portico.router.counting import parsed
from portico.router.routes import Backend
from tests.router.running import EchoServer, Router, app, eventually, free_port

FIRST = (1, *[0] * 12)


def requests(router: Router) -> dict[int, Requests]:
    found: dict[int, Requests] = router.admin(lambda admin: admin.requests())
    return found


def answers(router: Router) -> dict[int, tuple[int, ...]]:
    return {app: one.answers for app, one in requests(router).items()}


def test_what_envoy_tells_is_read_by_app() -> None:
    buckets = " ".join(f"B{bound}({bound},{bound + 1})" for bound in range(13))
    text = (
        "apps.answers.app..class.4: 2\napps.answers.app.7.class.2: 11\n"
        "apps.answers.app.7.class.5: 3\napps.answers.app.7.class.9: 1\n"
        f"apps.microseconds.app.7: 1500000\napps.took.app.7: {buckets}\n"
        "apps.took.app.: No recorded values\nother.answers.app.8.class.2: 5\n"
    )
    assert parsed(text) == {
        0: Requests(answers=(0, 0, 0, 2, 0)),
        7: Requests(answers=(0, 11, 0, 0, 3), took=tuple(range(1, 14)), seconds=1.5),
    }
    assert parsed("") == {}


def test_an_app_s_own_answers_count_for_it_by_class(router: Router, backend: EchoServer) -> None:
    router.serve(app(1), backend.backend)
    router.serve(app(10), backend.backend)
    for backend.status in (200, 201, 302, 404, 500):
        router.ask("/app-1/")
    assert answers(router) == {1: (0, 2, 1, 1, 1)}
    backend.status = 200
    router.ask("/app-10/")
    eventually(lambda: sum(requests(router)[1].took) == 5, "durations are told")
    took = requests(router)[1]
    assert 0 < took.seconds < 60
    assert sum(requests(router)[10].took) in (0, 1)


def test_what_is_answered_in_an_app_s_place_counts_for_the_platform(
    router: Router, backend: EchoServer
) -> None:
    dead = Backend("127.0.0.1", free_port())
    router.serve(app(1), dead)
    assert router.ask("/app-1/").by == "web"  # the waiting room
    router.serve(app(2, public=False), backend.backend)
    router.web.status = 401
    assert router.ask("/app-2/").status == 401  # the gate
    router.ask("/app-2/%2f")
    router.web.status = 200
    router.ask("/-/ready")
    assert answers(router) == {0: (0, 2, 0, 2, 0)}


def test_what_is_no_request_fills_no_log(router: Router) -> None:
    for request in (b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert router.raw(request).startswith(b"HTTP/1.1 400 ")
    assert answers(router) == {0: (0, 0, 0, 2, 0)}
    assert (router.config.folder / "log").read_text() == ""


def test_an_answer_that_an_app_breaks_off_or_never_begins_counts_for_it(router: Router) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        backend = Backend(*server.getsockname())
        router.serve(app(1, timeout=0.2), backend)
        assert router.ask("/app-1/").status == 504
    assert answers(router) == {1: (0, 0, 0, 0, 1)}


def test_a_client_that_leaves_before_its_answer_is_not_counted(router: Router) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        router.serve(app(1), Backend(*server.getsockname()))
        with socket.create_connection(("127.0.0.1", router.config.port)) as client:
            client.sendall(b"GET /app-1/ HTTP/1.1\r\nHost: x\r\n\r\n")
            asked = server.accept()[0]
        assert asked.recv(1)
        while asked.recv(4096):
            pass  # until the router has noticed, too
        asked.close()
        router.ask("/-/ready")
    assert answers(router) == {0: (0, 1, 0, 0, 0)}
    assert "Stats access logger" not in (router.config.folder / "log").read_text()
