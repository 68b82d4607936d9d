from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from portico.router import gate
from tests.router.running import (
    Answer,
    EchoServer,
    Router,
    app,
    echo_server,
    eventually,
    running_router,
)
from tests.router.tokens import Signer

SIGNER = Signer()
WEB_IS_AWAY = {
    "title": "Whether you may open this app cannot be found out at the moment.",
    "status": 503,
    "detail": "The part of the server that decides about it does not answer.",
    "hint": "Try again in a few seconds. If it stays so, the server's operator finds more with "
    "`portico server status`.",
}
INTRODUCED = {
    "x-forwarded-user": "ada",
    "x-forwarded-email": "ada@example.org",
    "x-forwarded-groups": "staff,ops",
}


@pytest.fixture(scope="module")
def backend() -> Iterator[EchoServer]:
    with echo_server("app") as server:
        yield server


@pytest.fixture(scope="module")
def gated(backend: EchoServer) -> Iterator[Router]:
    """app-1 is public, app-2 is not. Whatever web is asked, it answers 200 and tells no name."""
    with running_router() as router:
        router.files.write_keys([SIGNER.public])
        router.serve(app(1), backend.backend)
        router.serve(app(2, public=False), backend.backend)
        eventually(lambda: _asked(router, _cookie(SIGNER.token(2)))[1] == 0, "the key is known")
        yield router


def _cookie(*values: str) -> list[tuple[str, str]]:
    return [("Cookie", "; ".join(f"portico_app={value}" for value in values))]


def _asked(router: Router, headers: list[tuple[str, str]]) -> tuple[Answer, int]:
    """What app-2 answers, and how often web was asked before."""
    before = router.web.asked
    return router.ask("/app-2/x?y", headers), router.web.asked - before


def test_a_good_cookie_asks_nobody_and_introduces_the_visitor(gated: Router) -> None:
    token = SIGNER.token(2)
    answer, asked = _asked(gated, [("Cookie", f"a=1; portico_app={token}; b=2")])
    assert (answer.by, answer.path, asked) == ("app", "/app-2/x?y", 0)
    assert answer.seen["cookie"] == "a=1; b=2"
    assert {name: answer.seen.get(name) for name in INTRODUCED} == INTRODUCED
    assert answer.seen["x-portico-identity"] == token


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(list, id="none"),
        pytest.param(lambda: [""], id="empty"),
        pytest.param(lambda: ["nonsense"], id="nonsense"),
        pytest.param(lambda: [SIGNER.token(3)], id="another app's"),
        pytest.param(lambda: [SIGNER.token("2")], id="for an app of text"),
        pytest.param(lambda: [SIGNER.token(2, seconds=-2)], id="just expired"),
        pytest.param(lambda: [SIGNER.token(2, seconds=-5000)], id="long expired"),
        pytest.param(lambda: [Signer().token(2)], id="another key"),
        pytest.param(lambda: [Signer("1" * 16).token(2)], id="an unknown key"),
        pytest.param(lambda: [SIGNER.token(2, alg="none")], id="algorithm none"),
        pytest.param(lambda: [SIGNER.token(2, alg="HS256")], id="algorithm HS256"),
        pytest.param(lambda: [SIGNER.token(2)[:-4]], id="cut off"),
        pytest.param(lambda: [SIGNER.token(2).rpartition(".")[0] + "."], id="unsigned"),
        pytest.param(lambda: [SIGNER.token(3), SIGNER.token(2)], id="another app's first"),
        pytest.param(lambda: [SIGNER.token(2), SIGNER.token(3)], id="another app's last"),
    ],
)
def test_web_is_asked_about_any_other_cookie(
    gated: Router, values: Callable[[], list[str]]
) -> None:
    answer, asked = _asked(gated, _cookie(*values()))
    assert (answer.by, asked) == ("app", 1)


@pytest.mark.parametrize(
    "shape",
    [
        "portico_app={good}; xportico_app={forged}",
        "portico_app ={good}; xportico_app={forged}",
        "portico_app={good}; portico_app",
        'portico_app="{good}"',
        "portico_app={good}; portico_application=x",
        "portico_app={good} ; a=1",
        "portico_app= {good}; a=1",
        "portico_app=={good}; a=1",
        "portico_app={good},; a=1",
        "a={forged}; portico_app={good}{forged}",
    ],
)
def test_the_identity_is_the_cookie_that_was_verified(gated: Router, shape: str) -> None:
    good, forged = SIGNER.token(2), Signer().token(2)
    answer, asked = _asked(gated, [("Cookie", shape.format(good=good, forged=forged))])
    assert asked == 1
    assert "x-portico-identity" not in answer.seen


def test_with_a_prefix_only_a_cookie_of_that_name_counts(backend: EchoServer) -> None:
    """Pages of other hosts of the domain may have set the one without it."""
    with running_router(gate_cookie="__Host-portico_app") as router:
        router.files.write_keys([SIGNER.public])
        router.serve(app(2, public=False), backend.backend)
        token = SIGNER.token(2)
        good = [("Cookie", f"a=1; portico_app=planted; __Host-portico_app={token}")]
        eventually(lambda: _asked(router, good)[1] == 0, "the key is known")
        answer, _ = _asked(router, good)
        assert (answer.seen["cookie"], answer.seen["x-portico-identity"]) == ("a=1", token)
        assert _asked(router, _cookie(token))[1] == 1


def test_a_cookie_in_the_second_of_several_headers_counts(gated: Router) -> None:
    answer, asked = _asked(gated, [("Cookie", "a=1"), *_cookie(SIGNER.token(2))])
    assert (answer.seen["x-forwarded-user"], answer.seen["cookie"], asked) == ("ada", "a=1", 0)


def test_nothing_of_ours_reaches_the_app_beside_a_good_cookie(gated: Router) -> None:
    sent = [
        ("Cookie", "__Host-portico_x=1; a=1; Portico_session=s"),
        *_cookie(SIGNER.token(2)),
        ("Cookie", "=portico_viewer=v; b=portico_2; __secure-portico_app=z"),
        ("Authorization", "Basic cG9ydGljbzpwb3J0aWNv"),
    ]
    answer, asked = _asked(gated, sent)
    assert (answer.seen["cookie"], asked) == ("a=1; b=portico_2", 1)
    answer, asked = _asked(gated, [*sent[:2], ("Authorization", "Bearer portico_secret")])
    assert (answer.seen["cookie"], asked) == ("a=1", 0)
    assert "authorization" not in answer.seen


def test_web_sees_the_question_and_the_app_sees_nothing_of_it(gated: Router) -> None:
    gated.web.requests.clear()
    answer, _ = _asked(gated, [("Cookie", "portico_viewer=v; a=1"), ("X-Own", "x")])
    (seen,) = gated.web.requests
    assert (seen["x-portico-gate"], seen["cookie"]) == ("2", "portico_viewer=v; a=1")
    assert "x-own" not in seen
    assert not {gate.QUESTION, gate.UNANSWERED} & answer.seen.keys()


def test_what_web_says_of_the_visitor_replaces_all_that_a_stale_cookie_says(
    gated: Router,
) -> None:
    bob = {"X-Forwarded-User": "bob", "X-Forwarded-Email": "", "X-Forwarded-Groups": ""}
    gated.web.answers = [*bob.items(), ("X-Portico-Identity", "bobs"), ("X-Own", "no")]
    try:
        answer, _ = _asked(gated, _cookie(SIGNER.token(2, seconds=-5)))
    finally:
        gated.web.answers = []
    assert answer.seen["x-forwarded-user"] == "bob"
    assert answer.seen["x-portico-identity"] == "bobs"
    assert not answer.seen.get("x-forwarded-email")
    assert not answer.seen.get("x-forwarded-groups")
    assert "x-own" not in answer.seen


def test_a_cookie_of_webs_reaches_the_browser_beside_those_of_the_app(
    gated: Router, backend: EchoServer
) -> None:
    gated.web.answers = [("Set-Cookie", "portico_app=new; Path=/app-2/")]
    backend.answers = [("Set-Cookie", "own=1")]
    try:
        answer, _ = _asked(gated, [])
    finally:
        gated.web.answers = backend.answers = []
    assert sorted(answer.all("set-cookie")) == [
        "own=1; Path=/app-2/",
        "portico_app=new; Path=/app-2/",
    ]


def test_forged_headers_do_not_pass(gated: Router) -> None:
    forged = [(name.title(), "root") for name in gate.FOR_APPS]
    forged += [(name.replace("-", "_"), "root") for name in gate.FOR_APPS]
    forged += [("X-Portico-Gate", "1"), ("X-Envoy-Auth-Failure-Mode-Allowed", "true")]
    for path in ("/app-1/", "/app-2/"):
        assert "root" not in "".join(gated.ask(path, forged).seen.values())
    answer, asked = _asked(gated, [*forged, *_cookie(SIGNER.token(2))])
    assert (answer.seen["x-forwarded-user"], asked) == ("ada", 0)
    assert "root" not in "".join(answer.seen.values())


def test_a_public_app_asks_nobody_and_sees_no_token_of_ours(gated: Router) -> None:
    before = gated.web.asked
    sent = [*_cookie(SIGNER.token(1)), ("Authorization", "bEARer  portico_secret")]
    answer = gated.ask("/app-1/", sent)
    assert (answer.by, gated.web.asked) == ("app", before)
    assert not {"cookie", "authorization", "x-forwarded-user"} & answer.seen.keys()


@pytest.mark.parametrize("sent", ["Bearer other", "Basic portico_x", "portico_x"])
def test_an_apps_own_credentials_pass(gated: Router, sent: str) -> None:
    answer = gated.ask("/app-1/", [("Authorization", sent), ("Cookie", "portico_app=x")])
    assert answer.seen["authorization"] == sent


@pytest.mark.parametrize(
    "path",
    [
        "/app-1/../app-2/x?y",
        "/app-1/%2e%2e/app-2/x?y",
        "/app-1/.%2E/app-2/x?y",
        "//app-2//x?y",
        "/app-1/..\\app-2/x?y",
        "/-/../app-2/x?y",
    ],
)
def test_no_spelling_of_a_path_gets_around_the_gate(gated: Router, path: str) -> None:
    before = gated.web.asked
    answer = gated.ask(path)
    assert (answer.by, answer.path, gated.web.asked - before) == ("app", "/app-2/x?y", 1)


@pytest.mark.parametrize("path", ["/App-2/", "/app-2%00/", "/app-2;/", "/app-2%20/"])
def test_what_is_no_name_of_an_app_leads_to_none(gated: Router, path: str) -> None:
    answer = gated.ask(path)
    assert answer.status == 400 or answer.by == "web"


def test_a_name_that_no_app_has_asks_as_one_that_is_closed(gated: Router) -> None:
    gated.web.requests.clear()
    assert gated.ask("/nobody/x").by == "web"
    assert [one.get("x-portico-gate") for one in gated.web.requests] == ["0", "0"]
    assert gated.ask("/nobody?x").status == gated.ask("/app-2?x").status == 307
    assert gated.ask("/nobody").headers[1:] == gated.ask("/app-2").headers[1:]


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /app-1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /app-2/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /app-1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n"
        b"GET /app-2/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /app-1/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GET /app-2/ HTTP/1.1\r\nHost: a\r\nX-Portico-Gate : 1\r\n\r\n",
        b"GET /app-2/\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["both lengths", "two lengths", "unknown coding", "space in a name", "NUL"],
)
def test_smuggled_requests_are_refused(gated: Router, backend: EchoServer, request_: bytes) -> None:
    before = backend.asked
    assert gated.raw(request_).split()[1] in (b"400", b"501")
    assert backend.asked == before


def test_a_web_socket_passes_the_same_gate(gated: Router) -> None:
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    before = gated.web.asked
    gated.ask("/app-2/socket", [*upgrade, *_cookie(SIGNER.token(2))])
    assert gated.web.asked == before
    gated.ask("/app-2/socket", upgrade)
    assert gated.web.asked == before + 1


def test_a_body_is_whole_after_the_question_and_none_of_it_is_webs(gated: Router) -> None:
    gated.web.requests.clear()
    answer = gated.ask("/app-2/", method="POST", body=b"x" * 3_000_000)
    assert json.loads(answer.body)["length"] == 3_000_000
    assert [one.get("content-length") for one in gated.web.requests] == ["0"]


def test_keys_may_change_while_connections_last(gated: Router) -> None:
    new = Signer("2" * 16)
    connection = gated.connect()
    connection.request("GET", "/app-2/")
    connection.getresponse().read()
    sock = connection.sock
    gated.files.write_keys([SIGNER.public, new.public])
    eventually(lambda: _asked(gated, _cookie(new.token(2)))[1] == 0, "the new key is known")
    assert _asked(gated, _cookie(SIGNER.token(2)))[1] == 0
    connection.request("GET", "/app-2/")
    connection.getresponse().read()
    assert connection.sock is sock
    connection.close()


def test_without_any_key_web_is_asked(backend: EchoServer) -> None:
    with running_router() as router:
        router.serve(app(2, public=False), backend.backend)
        answer, asked = _asked(router, _cookie(SIGNER.token(2)))
    assert (answer.by, asked) == ("app", 1)


@pytest.fixture
def without_web(backend: EchoServer) -> Iterator[Router]:
    with running_router() as router:
        router.files.write_keys([SIGNER.public])
        router.serve(app(1), backend.backend)
        router.serve(app(2, public=False), backend.backend)
        eventually(lambda: _asked(router, _cookie(SIGNER.token(2)))[1] == 0, "the key is known")
        router.web.close_for_good()
        yield router


def test_while_web_is_away_those_go_on_who_were_known(without_web: Router) -> None:
    router = without_web
    assert router.ask("/app-1/").by == "app"
    for seconds in (20, -5, -500):
        answer = router.ask("/app-2/", _cookie(SIGNER.token(2, seconds=seconds)))
        assert {name: answer.seen.get(name) for name in INTRODUCED} == INTRODUCED
        assert not {gate.QUESTION, gate.UNANSWERED} & answer.seen.keys()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(list, id="stranger"),
        pytest.param(lambda: _cookie(SIGNER.token(3, seconds=-5)), id="another app's"),
        pytest.param(lambda: _cookie(SIGNER.token(2, seconds=-700)), id="too old"),
        pytest.param(lambda: _cookie(Signer().token(2)), id="forged"),
        pytest.param(lambda: [("X-Envoy-Auth-Failure-Mode-Allowed", "true")], id="header"),
    ],
)
def test_while_web_is_away_others_are_told_to_come_back(
    without_web: Router, headers: Callable[[], list[tuple[str, str]]]
) -> None:
    answer = without_web.ask("/app-2/", headers())
    assert (answer.status, answer.get("retry-after")) == (503, "5")
    assert json.loads(answer.body) == WEB_IS_AWAY


def test_a_web_that_fails_is_as_good_as_away(gated: Router) -> None:
    gated.web.status = 500
    try:
        answer = gated.ask("/app-2/")
        stale = gated.ask("/app-2/", _cookie(SIGNER.token(2, seconds=-5)))
    finally:
        gated.web.status = 200
    assert (answer.status, json.loads(answer.body)) == (503, WEB_IS_AWAY)
    assert stale.seen["x-forwarded-user"] == "ada"


def test_what_web_refuses_is_what_the_visitor_gets(gated: Router, backend: EchoServer) -> None:
    gated.web.status, before = 401, backend.asked
    gated.web.answers = [("WWW-Authenticate", "Bearer"), ("Location", "/x")]
    try:
        answer = gated.ask("/app-2/")
    finally:
        gated.web.status, gated.web.answers = 200, []
    assert (answer.status, answer.get("www-authenticate")) == (401, "Bearer")
    assert answer.get("location") == "/x"
    assert backend.asked == before
