"""Apps on a host of their own: the way in leads over two hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.control.gate.hosts import PORTAL, Hosts, path_of
from tests.control.gate.house import House, house

APPS = "apps.example"
LOST = "The way to the app has come to its end."


@pytest.fixture(scope="module")
def apart() -> Iterator[House]:
    with house(PORTICO_APPS_HOST=APPS) as found:
        yield found


def test_who_may_comes_over_the_portals_host_to_where_they_were(apart: House) -> None:
    bob = Hosts(apart, "bob")
    host, answer = bob.follow(APPS, "/closed/polls/?page=2")
    assert host == APPS
    assert (apart.seen(answer)["x-forwarded-user"], answer.json()["path"]) == (
        "bob",
        "/closed/polls/?page=2",
    )


def test_each_step_says_the_next_place_in_full(apart: House) -> None:
    bob = Hosts(apart, "bob")
    leaving = bob.get(APPS, "/closed/x").headers["location"]
    assert leaving == "/-/gate/leave?next=%2Fclosed%2Fx"
    entering = bob.get(APPS, leaving)
    assert entering.headers["location"].startswith(
        f"http://{PORTAL}/-/gate/enter?next=%2Fclosed%2Fx&door="
    )
    cookie = entering.headers["set-cookie"]
    assert "Path=/-/gate/" in cookie
    assert "HttpOnly" in cookie
    arriving = bob.get(PORTAL, path_of(entering.headers["location"])).headers["location"]
    assert arriving.startswith(f"http://{APPS}/-/gate/arrive?next=%2Fclosed%2Fx&code=")
    assert bob.get(APPS, path_of(arriving)).headers["location"] == f"http://{APPS}/closed/x"


def test_a_code_is_good_once(apart: House) -> None:
    bob = Hosts(apart, "bob")
    arriving = bob.get(PORTAL, bob.door_of(APPS, "/closed/")).headers["location"]
    assert bob.get(APPS, path_of(arriving)).status_code == 302
    again = bob.get(APPS, path_of(arriving))
    assert again.status_code == 403
    assert LOST in again.text


def test_a_code_is_good_in_the_browser_that_set_out_alone(apart: House) -> None:
    bob, eve = Hosts(apart, "bob"), Hosts(apart, "eve")
    arriving = bob.get(PORTAL, bob.door_of(APPS, "/closed/")).headers["location"]
    eve.door_of(APPS, "/closed/")
    assert eve.get(APPS, path_of(arriving)).status_code == 403
    assert bob.get(APPS, path_of(arriving)).status_code == 403  # it was used up


def test_a_code_is_good_for_its_app_alone(apart: House) -> None:
    eve = Hosts(apart, "eve")
    arriving = eve.get(PORTAL, eve.door_of(APPS, "/members/")).headers["location"]
    other = path_of(arriving).replace("members", "closed")
    assert eve.get(APPS, other).status_code == 403


def test_two_tabs_come_in_side_by_side(apart: House) -> None:
    bob = Hosts(apart, "bob")
    first, second = bob.door_of(APPS, "/closed/"), bob.door_of(APPS, "/members/")
    for entering in (first, second):
        arriving = bob.get(PORTAL, entering).headers["location"]
        assert bob.get(APPS, path_of(arriving)).status_code == 302


def test_an_old_name_leads_to_the_app_over_the_portals_host(apart: House) -> None:
    apart.make("was-here", access="signed-in")
    assert apart.web.api("PATCH", "/apps/was-here", json={"name": "is-here"}).status_code == 200
    apart.share("is-here")
    host, answer = Hosts(apart, "eve").follow(APPS, "/was-here/x?y=z")
    assert (host, apart.seen(answer)["x-forwarded-user"]) == (APPS, "eve")
    assert answer.json()["path"] == "/is-here/x?y=z"
    apart.share("is-here", access="public")
    assert Hosts(apart).get(APPS, "/was-here/x?y=z").headers["location"] == (
        f"http://{APPS}/is-here/x?y=z"
    )


def test_who_may_not_is_told_so_on_the_portal(apart: House) -> None:
    host, answer = Hosts(apart, "eve").follow(APPS, "/closed/")
    assert (host, answer.status_code) == (PORTAL, 404)
    assert "There is no app at this address." in answer.text


def test_a_stranger_signs_in_on_the_portal(apart: House) -> None:
    stranger = Hosts(apart)
    answer = stranger.get(PORTAL, stranger.door_of(APPS, "/closed/"))
    assert answer.headers["location"].startswith("/-/accounts/login/?next=%2F-%2Fgate%2Fenter")


@pytest.mark.parametrize("path", ["/-/accounts/login/", "/-/portal/", "/-/api/v1/apps"])
def test_the_platforms_pages_are_not_on_the_host_of_apps(apart: House, path: str) -> None:
    assert Hosts(apart, "bob").get(APPS, path).status_code == 404


def test_apps_are_not_on_the_portals_host_which_leads_to_theirs(apart: House) -> None:
    bob = Hosts(apart, "bob")
    assert bob.get(PORTAL, "/open/").status_code == 302
    host, answer = bob.follow(PORTAL, "/closed/x?y=z")
    assert (host, apart.seen(answer)["x-forwarded-user"]) == (APPS, "bob")
    assert answer.json()["path"] == "/closed/x?y=z"


def test_the_front_of_their_host_is_the_portal(apart: House) -> None:
    answer = Hosts(apart).get(APPS, "/")
    assert answer.headers["location"] == f"http://{PORTAL}/-/portal/"
