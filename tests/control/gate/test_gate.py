"""The whole gate: real router, real web, and apps that tell what they were sent."""

from __future__ import annotations

import base64
import json
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.control.gate.house import House

NOT_SIGNED_IN = {
    "status": 401,
    "title": "You are not signed in.",
    "detail": "What is here is for those who are and may see it, if there is anything.",
    "hint": "In a browser, open this address anew. In a script, send a token of this server: "
    "Authorization: Bearer TOKEN (portico tokens create).",
}


def no_app(path: str) -> dict[str, Any]:
    return {
        "status": 404,
        "title": "There is no app at this address.",
        "detail": f"The path was {path}.",
        "hint": "Correct the name in the address, or choose an app on the first page. If somebody "
        "gave you the address, ask them to share the app with you: who may not open an app does not "
        "find it.",
    }


@pytest.fixture
def bob(served: House) -> Iterator[httpx.Client]:
    """His browser, in the app `closed`."""
    with served.browser("bob") as browser:
        assert browser.get("/closed/x", follow_redirects=True).status_code == 200
        yield browser


def same(one: httpx.Response, other: httpx.Response) -> None:
    """But for the path and the time, nothing differs."""

    def seen(answer: httpx.Response) -> tuple[Any, ...]:
        path, name = answer.request.url.raw_path.decode(), answer.request.url.path.split("/")[1]
        headers = [
            (key, value.replace(name, "NAME"))
            for key, value in answer.headers.multi_items()
            if key not in ("date", "content-length")
        ]
        return answer.status_code, headers, answer.text.replace(path, "PATH").replace(name, "NAME")

    assert seen(one) == seen(other)


def test_a_stranger_is_sent_to_sign_in_and_would_come_back(served: House) -> None:
    with served.browser() as browser:
        answer = browser.get("/closed/polls/?page=2&q=%20x")
        assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
        assert answer.headers["location"] == (
            "/-/gate/enter?next=%2Fclosed%2Fpolls%2F%3Fpage%3D2%26q%3D%2520x"
        )
        answer = browser.get(answer.headers["location"])
        assert answer.headers["location"].startswith("/-/accounts/login/?next=%2F-%2Fgate%2Fenter")
        assert not browser.cookies


@pytest.mark.parametrize("path", ["", "/", "/x?y", "/../{}/", "/%2e/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
def test_a_closed_app_and_none_look_alike_to_strangers(
    served: House, method: str, path: str
) -> None:
    for client in (served.browser(), served.script()):
        with client:
            closed, none = (
                client.request(method, f"/{name}{path.format(name)}")
                for name in ("closed", "nobody")
            )
            same(closed, none)


def test_a_client_is_told_in_a_problem_document(served: House) -> None:
    with served.script() as script:
        for method in ("GET", "POST", "OPTIONS"):  # OPTIONS: a browser's question about CORS
            answer = script.request(method, "/closed/x")
            assert (answer.status_code, answer.json()) == (401, NOT_SIGNED_IN)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == 'Bearer realm="Portico"'


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "websocket"},
        {"X-Requested-With": "XMLHttpRequest"},
        {"Accept": "*/*"},
    ],
)
def test_a_pages_own_requests_are_no_visits(served: House, headers: dict[str, str]) -> None:
    with served.browser() as browser:
        assert browser.get("/closed/x", headers=headers).status_code == 401


def test_who_may_comes_back_to_where_they_were(served: House) -> None:
    with served.browser("bob") as browser:
        entering = browser.get("/closed/polls/?page=2").headers["location"]
        answer = browser.get(entering)
        assert answer.headers["location"] == "/closed/polls/?page=2"
        viewer, app = sorted(answer.headers.get_list("set-cookie"), reverse=True)
        assert viewer.startswith("portico_viewer=")
        assert app.startswith("portico_app=")
        for cookie in (viewer, app):
            assert "; HttpOnly" in cookie
            assert "; Path=/closed/" in cookie
            assert "; SameSite=Lax" in cookie
            assert "; Secure" not in cookie
        seen = served.seen(browser.get("/closed/polls/?page=2"))
    assert "cookie" not in seen
    assert seen["x-forwarded-user"] == "bob"
    assert seen["x-forwarded-email"] == "bob@example.org"
    assert seen["x-forwarded-groups"] == "staff"  # not `secret`, which the app does not name


def test_the_identity_is_verified_with_the_published_keys(served: House, bob: httpx.Client) -> None:
    token = served.seen(bob.get("/closed/"))["x-portico-identity"]
    head, body, signature = token.split(".")
    keys = bob.get("/-/jwks.json").json()["keys"]
    assert len(keys) == 2
    key = next(key for key in keys if key["kid"] == _decoded(head)["kid"])
    x, y = (int.from_bytes(_bytes(key[part])) for part in ("x", "y"))
    half = len(_bytes(signature)) // 2
    r, s = (int.from_bytes(part) for part in (_bytes(signature)[:half], _bytes(signature)[half:]))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    claims = _decoded(body)
    assert claims.pop("exp") - claims.pop("iat") == 30
    assert claims == {
        "iss": "http://portico.example",
        "aud": "closed",
        "app": served.plans["closed"].id,
        "sub": "bob",
        "email": "bob@example.org",
        "groups": "staff",
    }


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def _decoded(part: str) -> Any:
    return json.loads(_bytes(part))


def test_a_visit_gets_a_fresh_cookie_when_the_old_one_is_gone(
    served: House, bob: httpx.Client
) -> None:
    bob.cookies.delete("portico_app")
    answer = bob.get("/closed/")
    assert served.seen(answer)["x-forwarded-user"] == "bob"
    assert answer.headers["set-cookie"].startswith("portico_app=")
    assert "set-cookie" not in bob.get("/closed/").headers


def test_a_visit_is_good_for_its_app_alone(served: House, bob: httpx.Client) -> None:
    cookies = {one.name: one.value for one in bob.cookies.jar if one.path == "/closed/"}
    with served.script() as other:
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        assert other.get("/closed/", headers={"Cookie": sent}).status_code == 200
        assert other.get("/members/", headers={"Cookie": sent}).status_code == 401


def test_planted_cookies_lock_nobody_out(served: House, bob: httpx.Client) -> None:
    own = "; ".join(f"{one.name}={one.value}" for one in bob.cookies.jar if one.path != "/-/")
    planted = "; ".join(["portico_app=x.y.z", f"portico_viewer={'x' * 43}"] * 3)
    with served.script() as client:
        for sent in (f"{planted}; {own}", f"{own}; {planted}"):
            answer = client.get("/closed/", headers={"Cookie": sent})
            assert served.seen(answer)["x-forwarded-user"] == "bob"
            assert "cookie" not in served.seen(answer)


def test_who_may_not_is_told_what_everybody_is_told_of_no_app(served: House) -> None:
    with served.browser("eve") as browser:
        closed, none = (
            browser.get(f"/{name}/x", follow_redirects=True) for name in ("closed", "nobody")
        )
        assert closed.status_code == 404
        assert "There is no app at this address." in closed.text
        token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
        pages = (token.sub("", page.text.replace("closed", "nobody")) for page in (closed, none))
        assert len(set(pages)) == 1
        assert browser.get("/members/", follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "/-/accounts/logout/",
        "/",
        "",
        "closed/",
        "/closed",
        "/clo\r\nsed/",
        "/.evil.example/",
        "/@evil.example/",
    ],
)
def test_a_redirect_goes_to_no_other_place(served: House, next_: str) -> None:
    with served.browser("bob") as browser:
        answer = browser.get("/-/gate/enter", params={"next": next_})
    assert answer.status_code == 400
    assert "This address leads nowhere." in answer.text


@pytest.mark.parametrize(
    ("next_", "goes_to"),
    [
        ("/closed/\r\nSet-Cookie: a=1", "/closed/%0D%0ASet-Cookie:%20a=1"),
        ("/closed//evil.example/", "/closed//evil.example/"),
        ("/closed/\\evil", "/closed/%5Cevil"),
        (f"/closed/{'x' * 5000}", "/closed/"),
    ],
)
def test_a_redirect_into_an_app_stays_in_it(served: House, next_: str, goes_to: str) -> None:
    with served.browser("bob") as browser:
        answer = browser.get("/-/gate/enter", params={"next": next_})
    assert (answer.status_code, answer.headers["location"]) == (302, goes_to)


def test_a_token_opens_an_app_to_a_script(served: House) -> None:
    token = served.web.token()
    with served.script(token) as script:
        answer = script.post("/closed/x", content=b"x" * 1000)
        seen = served.seen(answer)
        assert (seen["x-forwarded-user"], answer.json()["length"]) == ("admin", 1000)
        assert "authorization" not in seen
        assert "set-cookie" not in answer.headers
        missing = script.get("/nobody/x")
        assert (missing.status_code, missing.json()) == (404, no_app("/nobody/x"))


def test_a_token_is_good_within_its_limits(served: House) -> None:
    made = served.web.api("POST", "/tokens", json={"name": "one", "app": "members"})
    with served.script(made.json()["token"]) as script:
        assert served.seen(script.get("/members/"))["x-forwarded-user"] == "admin"
        refused = script.get("/closed/")
        assert (refused.status_code, refused.json()) == (404, no_app("/closed/"))


def test_a_token_that_is_not_good_is_named_as_such(served: House) -> None:
    with served.script("portico_unknown") as script:
        answer = script.get("/closed/")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The token that came with it is not known here."


def test_a_public_app_sees_nobody_and_asks_nobody(served: House) -> None:
    with served.browser("bob") as browser:
        seen = served.seen(browser.get("/open/", headers={"Authorization": "Bearer portico_x"}))
    assert not {"x-forwarded-user", "x-portico-identity", "authorization"} & seen.keys()


def test_an_app_that_becomes_public_opens_and_closes_again(served: House) -> None:
    with served.script() as script:
        served.share("members", access="public")
        assert "x-forwarded-user" not in served.seen(script.get("/members/"))
        served.share("members", access="signed-in")
        assert script.get("/members/").status_code == 401


def test_a_visit_ends_with_the_access(served: House) -> None:
    served.share("closed", viewers=["eve"])
    with served.browser("eve") as browser:
        assert browser.get("/closed/", follow_redirects=True).status_code == 200
        served.share("closed", remove=["eve"])
        browser.cookies.delete("portico_app")  # half a minute later
        assert browser.get("/closed/").status_code == 302
        assert browser.get("/closed/", follow_redirects=True).status_code == 404


def test_a_visit_ends_with_the_session(served: House) -> None:
    served.sign_in("ada")
    with served.browser("ada") as browser:
        assert browser.get("/closed/", follow_redirects=True).status_code == 200
        served.end_session("ada")
        browser.cookies.delete("portico_app")
        assert browser.get("/closed/").status_code == 302


def test_many_first_requests_at_once_all_pass(served: House, bob: httpx.Client) -> None:
    bob.cookies.delete("portico_app")
    cookies = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in bob.cookies.jar)}
    with served.script() as client, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.get("/closed/", headers=cookies), range(20)))
    assert {served.seen(answer)["x-forwarded-user"] for answer in answers} == {"bob"}


def test_while_web_is_killed_and_comes_back_no_request_is_lost(
    served: House, bob: httpx.Client
) -> None:
    served.web.end(signal.SIGKILL)
    try:
        assert served.seen(bob.get("/closed/"))["x-forwarded-user"] == "bob"
        with served.script() as script:
            assert served.seen(script.get("/open/"))
    finally:
        served.web.start()
    bob.cookies.delete("portico_app")
    answer = bob.get("/closed/")
    while answer.status_code == 503:  # on a machine too busy for web to come back in time
        assert answer.headers["retry-after"] == "5"
        answer = bob.get("/closed/")
    assert served.seen(answer)["x-forwarded-user"] == "bob"
