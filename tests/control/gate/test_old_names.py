"""Addresses with a name that an app had before."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.control.gate.house import House
from tests.control.gate.test_gate import no_app, same


@pytest.fixture(scope="module")
def renamed(served: House) -> Iterator[House]:
    """`was-closed`, `was-members` and `was-open` are called `is-...` now."""
    accesses = {
        "closed": {"co_owners": ["ada"], "viewers": ["group:staff"]},
        "members": {"access": "signed-in"},
        "open": {"access": "public"},
    }
    for name, access in accesses.items():
        served.make(f"was-{name}", **access)
        change = {"name": f"is-{name}"}
        assert served.web.api("PATCH", f"/apps/was-{name}", json=change).status_code == 200
        served.share(f"is-{name}")
    yield served
    for name in accesses:
        served.web.api("DELETE", f"/apps/is-{name}")


def test_a_browser_is_led_on_with_path_and_query(renamed: House) -> None:
    with renamed.browser("bob") as bob:
        answer = bob.get("/was-closed/polls/?page=2&q=%20x", follow_redirects=True)
        assert renamed.seen(answer)["x-forwarded-user"] == "bob"
        assert answer.json()["path"] == "/is-closed/polls/?page=2&q=%20x"
        # Without the closing slash as well.
        assert bob.get("/was-members", follow_redirects=True).json()["path"] == "/is-members/"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_public_app_is_found_by_everybody_and_no_browser_keeps_the_way(
    renamed: House, method: str
) -> None:
    for client in (renamed.browser(), renamed.script()):
        with client:
            answer = client.request(method, "/was-open//a/../b?c=d")
            assert (answer.status_code, answer.headers["location"]) == (307, "/is-open/b?c=d")
            assert answer.headers["cache-control"] == "no-store"


def test_a_token_is_led_on_to_what_it_opens(renamed: House) -> None:
    with renamed.script(renamed.web.token()) as script:
        answer = script.post("/was-closed/x?y=z", content=b"x" * 1000)
        assert (answer.status_code, answer.headers["location"]) == (307, "/is-closed/x?y=z")
    made = renamed.web.api("POST", "/tokens", json={"name": "one", "app": "is-members"})
    with renamed.script(made.json()["token"]) as script:
        assert script.get("/was-members/").headers["location"] == "/is-members/"
        refused = script.get("/was-closed/")
        assert (refused.status_code, refused.json()) == (404, no_app("/was-closed/"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_to_strangers_it_looks_like_no_app(renamed: House, method: str) -> None:
    for client in (renamed.browser(), renamed.script()):
        with client:
            for path in ("", "/", "/x?y"):
                old, none = (client.request(method, f"/{n}{path}") for n in ("was-closed", "none"))
                same(old, none)


def test_who_may_not_open_it_learns_nothing(renamed: House) -> None:
    with renamed.browser("eve") as eve:
        answer = eve.get("/was-closed/x", follow_redirects=True)
        assert (answer.status_code, "is-closed" in answer.text) == (404, False)
        assert "There is no app at this address." in answer.text
        assert "The path was /was-closed/x." in answer.text


def test_another_app_takes_the_name_and_its_address(renamed: House) -> None:
    renamed.make("was-members", access="public")
    with renamed.browser("eve") as eve:
        answer = eve.get("/was-members/x")
        assert (answer.status_code, answer.json()["path"]) == (200, "/was-members/x")
    assert renamed.web.api("DELETE", "/apps/was-members").status_code == 204
    renamed.share("is-members")
    with renamed.script() as script:
        assert script.get("/was-members/x").status_code == httpx.codes.UNAUTHORIZED
