"""The gate's cookies by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from portico.control.gate import cookies

TOKEN, OTHER = "t" * 43, "o" * 43


@pytest.fixture
def a_host_each(settings: Any) -> None:
    update = {"apps_host": "*.apps.example", "url": "https://portico.example"}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)


def test_where_apps_share_a_host_a_cookie_is_for_the_apps_path() -> None:
    assert cookies.app_cookie("x.y.z", "/polls/", secure=False) == (
        "portico_app=x.y.z; Path=/polls/; Max-Age=640; HttpOnly; SameSite=Lax"
    )
    assert cookies.door_cookie(TOKEN, secure=True) == (
        f"portico_door={TOKEN}; Path=/-/gate/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
    )


@pytest.mark.usefixtures("a_host_each")
def test_on_a_host_of_its_own_it_is_tied_to_that() -> None:
    rest = "HttpOnly; SameSite=Lax; Secure"
    assert cookies.viewer_cookie(TOKEN, "/polls/", 60, secure=True) == (
        f"__Host-portico_viewer={TOKEN}; Path=/; Max-Age=60; {rest}"
    )
    # Where a balancer in front forgets to say so, browsers came by TLS all the same.
    assert cookies.door_cookie(TOKEN, secure=False) == (
        f"__Host-portico_door={TOKEN}; Path=/; Max-Age=600; {rest}"
    )


def test_names_that_end_alike_are_others() -> None:
    header = f"xportico_viewer={OTHER}; portico_viewer={TOKEN}; a=portico_viewer={OTHER}"
    assert cookies.tokens(cookies.VIEWER, header) == [TOKEN]


@pytest.mark.usefixtures("a_host_each")
def test_what_a_page_of_another_host_may_have_set_counts_for_nothing() -> None:
    planted = f"portico_viewer={OTHER}; __Secure-portico_viewer={OTHER}"
    assert cookies.tokens(cookies.VIEWER, planted) == []
    mine = f"{planted}; __Host-portico_viewer={TOKEN}"
    assert cookies.tokens(cookies.VIEWER, mine) == [TOKEN]
