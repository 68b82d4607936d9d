from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.router.running import EchoServer, Router, app, echo_server, running_router


@pytest.fixture(scope="module")
def backend() -> Iterator[EchoServer]:
    with echo_server("app") as server:
        yield server


@pytest.fixture(scope="module")
def served(backend: EchoServer) -> Iterator[Router]:
    with running_router() as router:
        router.serve(app(1), backend.backend)
        yield router


@pytest.fixture(autouse=True)
def _plain_answers(backend: EchoServer) -> None:
    backend.answers = []


def _set_cookie(served: Router, backend: EchoServer, *cookies: str) -> list[str]:
    backend.answers = [("Set-Cookie", cookie) for cookie in cookies]
    return served.ask("/app-1/").all("set-cookie")


@pytest.mark.parametrize(
    ("cookie", "becomes"),
    [
        ("a=1", "a=1; Path=/app-1/"),
        ("a=1; Path=/", "a=1; Path=/app-1/"),
        ("a=1;path=/-/;HttpOnly", "a=1;HttpOnly; Path=/app-1/"),
        ("a=1; PATH = /x; DOMAIN=example.org; Secure", "a=1; Secure; Path=/app-1/"),
        ("a=1; domain; path; Max-Age=5", "a=1; Max-Age=5; Path=/app-1/"),
        ("a=1; Path=/x; Path=/", "a=1; Path=/app-1/"),
        (
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=Lax; Partitioned",
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=Lax; Partitioned; Path=/app-1/",
        ),
        ("path=1; Path=/", "path=1; Path=/app-1/"),
        ("domain=x", "domain=x; Path=/app-1/"),
        ('a="x%y"; Path=/', 'a="x%y"; Path=/app-1/'),
        ("__Secure-a=1; Secure; Path=/", "__Secure-a=1; Secure; Path=/app-1/"),
        ("__Host-a=1; Secure; Path=/", "__Host-a=1; Secure; Path=/app-1/"),
        ("a_portico_=portico_", "a_portico_=portico_; Path=/app-1/"),
    ],
)
def test_a_cookie_is_kept_inside_the_app(
    served: Router, backend: EchoServer, cookie: str, becomes: str
) -> None:
    assert _set_cookie(served, backend, cookie) == [becomes]


@pytest.mark.parametrize(
    "cookie",
    [
        "portico_app=1",
        " portico_session=; Max-Age=0",
        "__Host-portico_app=1; Secure; Path=/",
        "__secure-Portico_viewer=1",
        "=portico_app=1",
        "= portico_app=1",
        "__Http-portico_app=1",
    ],
)
def test_the_platforms_cookies_cannot_be_set(
    served: Router, backend: EchoServer, cookie: str
) -> None:
    assert _set_cookie(served, backend, "a=1", cookie, "b=2") == [
        "a=1; Path=/app-1/",
        "b=2; Path=/app-1/",
    ]


def test_many_cookies_stay_many(served: Router, backend: EchoServer) -> None:
    cookies = [f"c{number}={number}" for number in range(30)]
    assert _set_cookie(served, backend, *cookies) == [f"{c}; Path=/app-1/" for c in cookies]


def test_an_app_with_its_own_host_keeps_its_paths(served: Router, backend: EchoServer) -> None:
    served.serve(app(2, host="one.example.org", prefix=""), backend.backend)
    backend.answers = [
        ("Set-Cookie", "__Host-a=1; Secure; Path=/"),
        ("Set-Cookie", "a=1; Path=/admin; Domain=example.org"),
        ("Service-Worker-Allowed", "/"),
    ]
    answer = served.ask("/", [("Host", "one.example.org")])
    assert answer.all("set-cookie") == ["__Host-a=1; Secure; Path=/", "a=1; Path=/admin"]
    assert answer.get("service-worker-allowed") == "/"


@pytest.mark.parametrize("scope", ["/app-1/", "/app-1/static/"])
def test_a_service_worker_may_have_the_app(served: Router, backend: EchoServer, scope: str) -> None:
    backend.answers = [("Service-Worker-Allowed", scope)]
    assert served.ask("/app-1/").get("service-worker-allowed") == scope


@pytest.mark.parametrize(
    "scope",
    ["/", "/app-10/", "/app-1", "/app-1/../", "/app-1/%2e%2e/", "/app-1/..\\", "../", "", "/-/"],
)
def test_a_service_worker_may_not_have_more(
    served: Router, backend: EchoServer, scope: str
) -> None:
    backend.answers = [("Service-Worker-Allowed", scope), ("X-Own", "kept")]
    answer = served.ask("/app-1/")
    assert answer.get("service-worker-allowed") is None
    assert answer.get("x-own") == "kept"


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (["a=1; b=2"], "a=1; b=2"),
        (["portico_app=x"], None),
        (["a=1; portico_app=x; b=portico_"], "a=1; b=portico_"),
        (["portico_viewer=x;a=1"], "a=1"),
        (["a=1", "portico_app=x", "b=2; portico_viewer=y"], "a=1; b=2"),
        (["a=1; __Host-portico_session=x"], "a=1"),
        (["portico=1; my_portico_x=2"], "portico=1; my_portico_x=2"),
        (["a=1; Portico_App=x"], "a=1"),
        (["a=1; PORTICO_APP=x"], "a=1"),
        (["__Host-__Secure-portico_x=1; __Host-a=1; == portico_x"], "__Host-a=1"),
        ([";a=1;;portico_app=x ;  b=2\tc  ;"], "a=1; b=2\tc"),
        ([f"{'a' * 9000}={'b' * 9000}; portico_app={'x' * 9000}"], f"{'a' * 9000}={'b' * 9000}"),
    ],
)
def test_the_platforms_cookies_do_not_reach_an_app(
    served: Router, sent: list[str], seen: str | None
) -> None:
    answer = served.ask("/app-1/", [("Cookie", cookie) for cookie in sent])
    assert answer.seen.get("cookie") == seen


def test_they_do_reach_web(served: Router) -> None:
    assert (
        served.ask("/-/", [("Cookie", "portico_session=x")]).seen["cookie"] == "portico_session=x"
    )
