from __future__ import annotations

import json

import pytest

from portico.router.routes import Backend
from portico.wire import PathMode
from tests.router.running import EchoServer, Router, app, echo_server, eventually

NOTHING_ANSWERS = {
    "title": "Nothing can answer this request at the moment.",
    "status": 503,
    "detail": "What should answer it accepts no connection.",
    "hint": "Try again in a few seconds. If it stays so, the server's operator finds more "
    "with `portico server status`.",
}


@pytest.fixture
def served(router: Router, backend: EchoServer) -> Router:
    router.serve(app(1), backend.backend)
    return router


@pytest.mark.parametrize("mode", [PathMode.OWN, PathMode.MOUNT])
def test_own_and_mount_get_the_full_path(
    router: Router, backend: EchoServer, mode: PathMode
) -> None:
    router.serve(app(1, mode), backend.backend)
    answer = router.ask("/app-1/polls/?page=2")
    assert (answer.by, answer.path) == ("app", "/app-1/polls/?page=2")
    assert "x-forwarded-prefix" not in answer.seen
    assert "x-script-name" not in answer.seen


def test_strip_gets_the_rest_of_the_path_and_the_prefix_in_headers(
    router: Router, backend: EchoServer
) -> None:
    router.serve(app(1, PathMode.STRIP), backend.backend)
    answer = router.ask("/app-1/polls/?page=2")
    assert answer.path == "/polls/?page=2"
    assert answer.seen["x-forwarded-prefix"] == "/app-1"
    assert answer.seen["x-script-name"] == "/app-1"
    assert "x-envoy-original-path" not in answer.seen
    assert router.ask("/app-1/").path == "/"


def test_the_bare_name_redirects_and_keeps_query_and_method(served: Router) -> None:
    answer = served.ask("/app-1?page=2&a=%20b", method="POST", body=b"x")
    host = f"127.0.0.1:{served.config.port}"
    assert answer.status == 307
    assert answer.get("location") == f"http://{host}/app-1/?page=2&a=%20b"
    assert answer.body == b""


def test_a_longer_name_is_another_app(served: Router) -> None:
    with echo_server("ten") as ten:
        served.serve(app(10), ten.backend)
        assert served.ask("/app-1/").by == "app"
        assert served.ask("/app-10/").by == "ten"
        assert served.ask("/app-10").status == 307


@pytest.mark.parametrize(
    "path", ["/", "/-/api/v1/", "/app-10/", "/app-1x/?y", "/other/", "/robots.txt", "/-app/"]
)
def test_what_belongs_to_no_app_goes_to_web(served: Router, path: str) -> None:
    answer = served.ask(path)
    assert (answer.by, answer.path) == ("web", path)
    assert "x-portico-app" not in answer.seen


@pytest.mark.parametrize(
    ("asked", "by", "path"),
    [
        ("/app-1/../-/x", "web", "/-/x"),
        ("/app-1/%2e%2e/other/", "web", "/other/"),
        ("/other/../app-1//polls", "app", "/app-1/polls"),
        ("/other\\..\\app-1/polls", "app", "/app-1/polls"),
    ],
)
def test_a_path_is_routed_by_what_it_comes_to(
    served: Router, asked: str, by: str, path: str
) -> None:
    answer = served.ask(asked)
    assert (answer.by, answer.path) == (by, path)


@pytest.mark.parametrize("path", ["/app-1%2fpolls", "/app-1/%2F..", "/app-1%5cpolls"])
def test_escaped_slashes_are_refused(served: Router, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 400
    assert json.loads(answer.body)["title"] == "The request is not valid."


def test_an_app_with_a_host_of_its_own_has_all_paths_but_the_platforms(
    served: Router, backend: EchoServer
) -> None:
    with echo_server("own") as own:
        served.serve(app(2, host="two.example.org", prefix=""), own.backend)
        host = [("Host", "two.example.org:8000")]
        assert served.ask("/app-1/", host).by == "own"
        assert served.ask("/", host).path == "/"
        assert served.ask("/-/gate/arrive", host).by == "web"
        for path in ("/-/accounts/login/", "/-/", "/-/gate/../portal/", "/-//api/v1/"):
            answer = served.ask(path, host)
            assert answer.status == 404
            assert json.loads(answer.body)["title"] == "There is nothing at this address."
        assert served.ask("/app-1/", [("Host", "other.example.org")]).by == "app"


def test_one_app_at_two_hosts(router: Router, backend: EchoServer) -> None:
    router.serve(app(1, host="one.example.org"), backend.backend)
    router.serve(app(1, host="two.example.org"), backend.backend)
    assert router.ask("/app-1/", [("Host", "one.example.org")]).by == "app"
    assert router.ask("/app-1/", [("Host", "two.example.org.:80")]).by == "app"
    assert router.ask("/app-1/", [("Host", "three.example.org")]).by == "web"


def test_a_removed_app_is_webs_again(served: Router) -> None:
    served.routes.clear()
    served.files.write_routes([])
    served.files.write_clusters([])
    served.files.remove_endpoints()
    answer = _until_web(served)
    assert "x-portico-app" not in answer
    assert list((served.config.folder / "eds").iterdir()) == []


def _until_web(router: Router) -> dict[str, str]:
    def gone() -> bool:
        answer = router.ask("/app-1/")
        return answer.status == 200 and answer.by == "web"

    eventually(gone, "the route is gone")
    return router.ask("/app-1/").seen


def test_an_app_without_processes_gets_the_waiting_room(router: Router) -> None:
    router.serve(app(1, PathMode.STRIP))
    answer = router.ask("/app-1/polls")
    assert (answer.by, answer.path) == ("web", "/polls")
    assert answer.seen["x-portico-app"] == "app-1"


@pytest.mark.parametrize("settings", [{}, {"timeout": 60}], ids=["usual", "a limit of its own"])
def test_an_app_whose_process_refuses_gets_the_waiting_room(
    router: Router, settings: dict[str, object]
) -> None:
    with echo_server("gone") as gone:
        dead = gone.backend
    router.serve(app(1, **settings), dead)
    for method, body in (("GET", b""), ("POST", b"x" * 1000)):
        answer = router.ask("/app-1/polls", method=method, body=body)
        assert (answer.by, answer.seen["x-portico-app"]) == ("web", "app-1")


def test_a_large_body_for_a_process_that_refuses_is_told_to_come_back(router: Router) -> None:
    with echo_server("gone") as gone:
        dead = gone.backend
    router.serve(app(1), dead)
    answer = router.ask("/app-1/", method="POST", body=b"x" * 2_000_000)
    assert (answer.status, answer.get("retry-after")) == (503, "5")
    assert json.loads(answer.body) == NOTHING_ANSWERS


def test_dead_processes_beside_a_living_one_are_not_noticed(
    router: Router, backend: EchoServer
) -> None:
    with echo_server("gone") as gone, echo_server("gone too") as other:
        dead = gone.backend, other.backend
    router.serve(app(1), *dead, backend.backend)
    assert {router.ask("/app-1/").by for _ in range(40)} == {"app"}


def test_nothing_at_all_is_a_problem_document(router: Router) -> None:
    router.serve(app(1), Backend("127.0.0.1", 1))
    router.web.shutdown()
    router.web.server_close()
    answer = router.ask("/app-1/")
    assert answer.status == 503
    assert answer.get("content-type") == "application/problem+json"
    assert answer.get("retry-after") == "5"
    assert json.loads(answer.body) == NOTHING_ANSWERS
