"""Apps on a host of their own: the way in leads over two hosts."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.control.gate.house import House, house

PORTAL, APPS = "portico.example", "apps.example"
LOST = "The way to the app has come to its end."


@pytest.fixture(scope="module")
def apart() -> Iterator[House]:
    with house(PORTICO_APPS_HOST=APPS) as found:
        yield found


class TwoHosts:
    """A browser whose every address is the router's; it keeps the cookies of each host apart."""

    def __init__(self, house: House, person: str = "") -> None:
        self._of = {PORTAL: house.browser(person), APPS: house.browser()}

    def get(self, host: str, path: str) -> httpx.Response:
        return self._of[host].get(path, headers={"Host": host})

    def follow(self, host: str, path: str) -> tuple[str, httpx.Response]:
        """Until there is no redirect any more: on which host, and what it answers."""
        answer = self.get(host, path)
        while answer.is_redirect:
            place = httpx.URL(answer.headers["location"])
            host = place.host or host
            answer = self.get(host, place.raw_path.decode())
        return host, answer

    def door_of(self, path: str) -> str:
        """The address on the portal's host that the way in leads over."""
        leaving = self.get(APPS, path).headers["location"]
        address: str = self.get(APPS, leaving).headers["location"]
        return address

    def forget(self) -> None:
        self._of[APPS].cookies.clear()


def _path(address: str) -> str:
    return httpx.URL(address).raw_path.decode()


def test_who_may_comes_over_the_portals_host_to_where_they_were(apart: House) -> None:
    bob = TwoHosts(apart, "bob")
    host, answer = bob.follow(APPS, "/closed/polls/?page=2")
    assert host == APPS
    assert (apart.seen(answer)["x-forwarded-user"], answer.json()["path"]) == (
        "bob",
        "/closed/polls/?page=2",
    )


def test_each_step_says_the_next_place_in_full(apart: House) -> None:
    bob = TwoHosts(apart, "bob")
    leaving = bob.get(APPS, "/closed/x").headers["location"]
    assert leaving == "/-/gate/leave?next=%2Fclosed%2Fx"
    entering = bob.get(APPS, leaving)
    assert entering.headers["location"].startswith(
        f"http://{PORTAL}/-/gate/enter?next=%2Fclosed%2Fx&door="
    )
    cookie = entering.headers["set-cookie"]
    assert "Path=/-/gate/" in cookie
    assert "HttpOnly" in cookie
    arriving = bob.get(PORTAL, _path(entering.headers["location"])).headers["location"]
    assert arriving.startswith(f"http://{APPS}/-/gate/arrive?next=%2Fclosed%2Fx&code=")
    assert bob.get(APPS, _path(arriving)).headers["location"] == f"http://{APPS}/closed/x"


def test_a_code_is_good_once(apart: House) -> None:
    bob = TwoHosts(apart, "bob")
    arriving = bob.get(PORTAL, _path(bob.door_of("/closed/"))).headers["location"]
    assert bob.get(APPS, _path(arriving)).status_code == 302
    again = bob.get(APPS, _path(arriving))
    assert again.status_code == 403
    assert LOST in again.text


def test_a_code_is_good_in_the_browser_that_set_out_alone(apart: House) -> None:
    bob, eve = TwoHosts(apart, "bob"), TwoHosts(apart, "eve")
    arriving = bob.get(PORTAL, _path(bob.door_of("/closed/"))).headers["location"]
    eve.door_of("/closed/")
    assert eve.get(APPS, _path(arriving)).status_code == 403
    assert bob.get(APPS, _path(arriving)).status_code == 403  # it was used up


def test_a_code_is_good_for_its_app_alone(apart: House) -> None:
    eve = TwoHosts(apart, "eve")
    arriving = eve.get(PORTAL, _path(eve.door_of("/members/"))).headers["location"]
    other = _path(arriving).replace("members", "closed")
    assert eve.get(APPS, other).status_code == 403


def test_two_tabs_come_in_side_by_side(apart: House) -> None:
    bob = TwoHosts(apart, "bob")
    first, second = bob.door_of("/closed/"), bob.door_of("/members/")
    for entering in (first, second):
        arriving = bob.get(PORTAL, _path(entering)).headers["location"]
        assert bob.get(APPS, _path(arriving)).status_code == 302


def test_an_old_name_leads_to_the_app_over_the_portals_host(apart: House) -> None:
    apart.make("was-here", access="signed-in")
    assert apart.web.api("PATCH", "/apps/was-here", json={"name": "is-here"}).status_code == 200
    apart.share("is-here")
    host, answer = TwoHosts(apart, "eve").follow(APPS, "/was-here/x?y=z")
    assert (host, apart.seen(answer)["x-forwarded-user"]) == (APPS, "eve")
    assert answer.json()["path"] == "/is-here/x?y=z"
    apart.share("is-here", access="public")
    assert TwoHosts(apart).get(APPS, "/was-here/x?y=z").headers["location"] == (
        f"http://{APPS}/is-here/x?y=z"
    )


def test_who_may_not_is_told_so_on_the_portal(apart: House) -> None:
    host, answer = TwoHosts(apart, "eve").follow(APPS, "/closed/")
    assert (host, answer.status_code) == (PORTAL, 404)
    assert "There is no app at this address." in answer.text


def test_a_stranger_signs_in_on_the_portal(apart: House) -> None:
    stranger = TwoHosts(apart)
    answer = stranger.get(PORTAL, _path(stranger.door_of("/closed/")))
    assert answer.headers["location"].startswith("/-/accounts/login/?next=%2F-%2Fgate%2Fenter")


@pytest.mark.parametrize("path", ["/-/accounts/login/", "/-/portal/", "/-/api/v1/apps"])
def test_the_platforms_pages_are_not_on_the_host_of_apps(apart: House, path: str) -> None:
    assert TwoHosts(apart, "bob").get(APPS, path).status_code == 404


def test_apps_are_not_on_the_portals_host(apart: House) -> None:
    bob = TwoHosts(apart, "bob")
    assert bob.get(PORTAL, "/open/").status_code == 302
