"""Each app on a host of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.control.gate.hosts import PORTAL, Hosts, path_of
from tests.control.gate.house import House, house

CLOSED, MEMBERS, NO_APP = (f"{name}.apps.example" for name in ("closed", "members", "nobody"))
DOMAIN = "apps.example"
SECRET = re.compile(r"\w{40,}")


@pytest.fixture(scope="module")
def apart() -> Iterator[House]:
    with house(PORTICO_APPS_HOST=f"*.{DOMAIN}") as found:
        yield found


def test_who_may_comes_over_the_portals_host_to_where_they_were(apart: House) -> None:
    bob = Hosts(apart, "bob")
    host, answer = bob.follow(CLOSED, "/closed/polls/?page=2")
    assert (host, answer.json()["path"]) == (CLOSED, "/closed/polls/?page=2")
    assert apart.seen(answer)["x-forwarded-user"] == "bob"


def test_an_app_tells_its_address(apart: House) -> None:
    assert apart.plans["closed"].url == f"http://{CLOSED}/closed/"
    assert apart.plans["closed"].routes[0].host == CLOSED


def test_an_app_is_on_its_own_host_alone(apart: House) -> None:
    bob = Hosts(apart, "bob")
    for elsewhere in (PORTAL, MEMBERS, NO_APP, DOMAIN):
        assert bob.get(elsewhere, "/closed/x").status_code == 302
        assert bob.get(elsewhere, "/open/x").status_code == 302
    for elsewhere in (PORTAL, MEMBERS, NO_APP, DOMAIN):
        host, answer = bob.follow(elsewhere, "/closed/x?y=z")
        assert (host, answer.json()["path"]) == (CLOSED, "/closed/x?y=z")


def test_a_code_is_good_on_the_apps_host_alone(apart: House) -> None:
    eve = Hosts(apart, "eve")
    arriving = eve.get(PORTAL, eve.door_of(MEMBERS, "/members/")).headers["location"]
    assert arriving.startswith(f"http://{MEMBERS}/-/gate/arrive?")
    eve.door_of(CLOSED, "/closed/")  # so that there is a door too
    assert eve.get(CLOSED, path_of(arriving)).status_code == 403
    assert eve.get(MEMBERS, path_of(arriving)).status_code == 403  # it was used up


def test_a_visit_of_one_app_opens_no_other(apart: House) -> None:
    eve = Hosts(apart, "eve")
    eve.follow(MEMBERS, "/members/")
    assert eve.get(MEMBERS, "/members/").status_code == 200
    held = eve.at(MEMBERS).cookies.jar
    for cookie in list(held):
        eve.at(CLOSED).cookies.set(cookie.name, cookie.value or "", path="/closed/")
    assert eve.get(CLOSED, "/closed/").status_code == 302


def test_the_front_of_a_host_leads_to_its_app_if_there_is_one_or_not(apart: House) -> None:
    stranger = Hosts(apart)
    for name in ("closed", "open", "nobody"):
        answer = stranger.get(f"{name}.{DOMAIN}", "/")
        assert (answer.status_code, answer.headers["location"]) == (302, f"/{name}/")


def test_a_host_without_an_app_looks_like_one_of_a_closed_app(apart: House) -> None:
    assert _seen(apart, "closed") == _seen(apart, "nobody")


def _seen(apart: House, name: str) -> list[tuple[int, list[str], str]]:
    """What comes back from a host: the status, the headers there are, and the text but for names
    and secrets of the page."""
    host = f"{name}.{DOMAIN}"
    answers = [
        Hosts(apart, "eve").follow(host, "/")[1],
        Hosts(apart).follow(host, f"/{name}/")[1],
        Hosts(apart).get(host, "/-/portal/"),
        Hosts(apart).get(host, f"/{name}"),
    ]
    return [
        (one.status_code, sorted(one.headers), SECRET.sub("", one.text.replace(name, "NAME")))
        for one in answers
    ]


@pytest.mark.parametrize("path", ["/-/accounts/login/", "/-/portal/", "/-/api/v1/apps"])
@pytest.mark.parametrize("host", [CLOSED, NO_APP, DOMAIN])
def test_the_platforms_pages_are_not_there(apart: House, host: str, path: str) -> None:
    assert Hosts(apart, "bob").get(host, path).status_code == 404


def test_an_old_name_leads_from_its_host_to_the_apps(apart: House) -> None:
    apart.make("was-here", access="signed-in")
    assert apart.web.api("PATCH", "/apps/was-here", json={"name": "is-here"}).status_code == 200
    apart.share("is-here")
    host, answer = Hosts(apart, "eve").follow("was-here.apps.example", "/was-here/x?y=z")
    assert (host, answer.json()["path"]) == ("is-here.apps.example", "/is-here/x?y=z")


def test_who_leaves_from_elsewhere_is_sent_to_the_apps_host_first(apart: House) -> None:
    answer = Hosts(apart).get(MEMBERS, "/-/gate/leave?next=/closed/x")
    assert answer.headers["location"] == f"http://{CLOSED}/closed/x"
    assert "set-cookie" not in answer.headers
