from __future__ import annotations

from collections.abc import Iterator

import pytest

from portico.router import headers
from portico.wire import PathMode
from tests.router.running import EchoServer, Router, app, running_router


@pytest.fixture
def served(router: Router, backend: EchoServer) -> Router:
    router.serve(app(1), backend.backend)
    return router


@pytest.fixture
def behind_a_proxy(backend: EchoServer) -> Iterator[Router]:
    with running_router(trusted_hops=1) as router:
        router.serve(app(1), backend.backend)
        yield router


SPOOFED = [
    *headers.PLATFORM,
    *headers.FORWARDED,
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-original-url",
    "x-portico-app",
    "x-portico-identity",
    "x-envoy-original-path",
    "x-envoy-retry-on",
    "x-envoy-internal",
]


@pytest.mark.parametrize("path", ["/app-1/", "/-/"])
def test_a_clients_copies_of_platform_headers_are_removed(served: Router, path: str) -> None:
    spoofed = [(name.title(), "spoofed") for name in SPOOFED]
    seen = served.ask(path, spoofed).seen
    assert [name for name, value in seen.items() if "spoofed" in value] == []


def test_headers_with_underscores_do_not_pass_as_their_twins_with_hyphens(served: Router) -> None:
    seen = served.ask("/app-1/", [("X_Portico_App", "spoofed"), ("Remote_User", "spoofed")]).seen
    assert "spoofed" not in "".join(seen.values())


def test_an_app_sees_these_headers_and_no_others(served: Router) -> None:
    address = f"127.0.0.1:{served.config.port}"
    seen = served.ask("/app-1/", [("X-Own", "kept")]).seen
    request_id = seen.pop("x-request-id")
    assert len(request_id) == 36
    assert seen == {
        "host": address,
        "accept-encoding": "identity",
        "x-own": "kept",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": address,
        "x-forwarded-port": str(served.config.port),
        "x-forwarded-proto": "http",
        "x-portico-app": "app-1",
    }


def test_strip_adds_the_prefix(router: Router, backend: EchoServer) -> None:
    router.serve(app(1, PathMode.STRIP), backend.backend)
    seen = router.ask("/app-1/x", [("X-Forwarded-Prefix", "/spoofed")]).seen
    assert (seen["x-forwarded-prefix"], seen["x-script-name"]) == ("/app-1", "/app-1")


def test_behind_a_proxy_only_its_word_on_the_client_counts(behind_a_proxy: Router) -> None:
    said = [("X-Forwarded-For", "6.6.6.6, 192.0.2.7"), ("X-Forwarded-Proto", "https")]
    seen = behind_a_proxy.ask("/app-1/", said).seen
    assert seen["x-forwarded-for"] == "192.0.2.7"
    assert seen["x-forwarded-proto"] == "https"
    assert "x-forwarded-port" not in seen
    assert not [name for name in seen if name.startswith("x-envoy")]


def test_behind_a_proxy_redirects_keep_its_scheme(behind_a_proxy: Router) -> None:
    said = [("X-Forwarded-Proto", "https"), ("Host", "apps.example.org")]
    answer = behind_a_proxy.ask("/app-1", said)
    assert answer.get("location") == "https://apps.example.org/app-1/"


def test_answers_carry_nothing_of_the_router(served: Router, backend: EchoServer) -> None:
    backend.answers = [("Clear-Site-Data", '"cookies"'), ("X-Own", "kept")]
    answer = served.ask("/app-1/")
    assert answer.get("x-own") == "kept"
    assert answer.get("clear-site-data") is None
    assert "BaseHTTP" in (answer.get("server") or "")
    assert not [name for name, _ in answer.headers if name.startswith("x-envoy")]


def test_web_keeps_its_own_answers(served: Router) -> None:
    served.web.answers = [
        ("Clear-Site-Data", '"cookies"'),
        ("Set-Cookie", "portico_session=1; Path=/-/"),
    ]
    answer = served.ask("/-/sign-out")
    assert answer.get("clear-site-data") == '"cookies"'
    assert answer.all("set-cookie") == ["portico_session=1; Path=/-/"]
