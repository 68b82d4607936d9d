"""A real OpenID Connect provider, beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.test import Client
from oidc_provider_mock import run_server_in_thread

from portico.control.access.deciding import Role
from portico.control.accounts import configuration
from portico.control.models.person import add_person, role_of
from portico.sign_on import OidcProvider, Registration, TwoFactor
from tests.control.accounts.conftest import HOME, signed_in, text_of, with_password
from tests.control.conftest import HTML

DORA = {
    "email": "dora@example.org",
    "email_verified": True,
    "preferred_username": "Dora",
    "groups": ["staff", "Data Science"],
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def company(provider: str, settings: Any, configured: Callable[..., None]) -> Callable[..., None]:
    """Put it into the operator's settings, with these changes."""

    def configure(**changes: Any) -> None:
        given = {"id": "company", "name": "Example Ltd", "issuer": provider, "client_id": "x"}
        own = OidcProvider(**{**given, "client_secret": "y", "groups_claim": "groups", **changes})
        configured(oidc=(own,))
        settings.SOCIALACCOUNT_PROVIDERS = configuration.providers(settings.PORTICO)

    configure(registration=Registration.OPEN)
    return configure


def knows(provider: str, sub: str, **claims: Any) -> None:
    httpx.put(f"{provider}/users/{sub}", json=claims).raise_for_status()


def come(provider: str, sub: str, browser: Client | None = None, **query: str) -> Any:
    """Through the provider and back, as a browser goes; the last answer and the browser."""
    browser = browser or Client(headers=HTML)
    address = browser.post(f"{HOME}oidc/company/login/", QUERY_STRING="").headers["Location"]
    assert address.startswith(f"{provider}/")
    back = httpx.post(address, data={"sub": sub}).headers["location"]
    parts = urlsplit(back)
    assert parts.path == f"{HOME}oidc/company/login/callback/"
    return browser.get(f"{parts.path}?{parts.query}"), browser


def is_in(browser: Client) -> bool:
    return bool(browser.get(HOME).status_code == 200)


def test_somebody_new_gets_an_account_and_their_groups(
    provider: str, company: Callable[..., None], db: None
) -> None:
    assert "Sign in with Example Ltd" in text_of(Client(headers=HTML).get(f"{HOME}login/"))
    knows(provider, "dora-1", **DORA)
    answer, browser = come(provider, "dora-1")
    assert answer["Location"] == "/"
    assert is_in(browser)
    dora = User.objects.get(username="Dora")
    assert (role_of(dora), dora.email, dora.has_usable_password()) == (
        Role.VIEWER,
        "dora@example.org",
        False,
    )
    assert sorted(group.name for group in dora.groups.all()) == ["Data-Science", "staff"]
    come(provider, "dora-1")
    assert User.objects.count() == 1


def test_groups_follow_the_claim_and_hand_made_ones_stay(
    provider: str, company: Callable[..., None], db: None
) -> None:
    hand_made = Group.objects.create(name="Staff")
    knows(provider, "dora-2", **DORA)
    come(provider, "dora-2")
    dora = User.objects.get()
    names = {group.name for group in dora.groups.all()}
    assert names == {"staff.company", "Data-Science"}
    dora.groups.add(hand_made)
    knows(provider, "dora-2", **{**DORA, "groups": "admins"})
    come(provider, "dora-2")
    assert {group.name for group in dora.groups.all()} == {"admins", "Staff"}
    knows(provider, "dora-2", **{**DORA, "groups": {"not": "a list"}})
    come(provider, "dora-2")
    assert {group.name for group in dora.groups.all()} == {"Staff"}


def test_who_is_not_invited_is_told_whom_to_ask(
    provider: str, company: Callable[..., None], db: None
) -> None:
    company()
    knows(provider, "dora-3", **DORA)
    answer, browser = come(provider, "dora-3")
    page = text_of(answer)
    assert answer.status_code == 403
    assert "You have no account here yet." in page
    assert "Example Ltd knows you, but nobody has added you to this server." in page
    assert not User.objects.exists()
    assert not is_in(browser)


def test_who_was_added_by_address_is_known_by_it(
    provider: str, company: Callable[..., None], ada: User
) -> None:
    company()
    add_person("theodora", Role.AUTHOR, ada, "Dora@example.org")
    knows(provider, "dora-4", **DORA)
    _, browser = come(provider, "dora-4")
    assert "theodora" in text_of(browser.get(HOME))
    assert SocialAccount.objects.get().user.username == "theodora"


def test_nobody_comes_for_the_first_time_when_registration_is_closed(
    provider: str, company: Callable[..., None], ada: User
) -> None:
    company(registration=Registration.CLOSED)
    add_person("theodora", Role.AUTHOR, ada, "dora@example.org")
    knows(provider, "dora-5", **DORA)
    answer, browser = come(provider, "dora-5")
    assert "Nobody new is let in now." in text_of(answer)
    assert not SocialAccount.objects.exists()
    assert not is_in(browser)


@pytest.mark.parametrize("verified", [False, "false", None])
def test_an_address_that_the_provider_does_not_vouch_for_opens_no_account(
    verified: Any, provider: str, company: Callable[..., None], carol: User
) -> None:
    knows(provider, "eve", email="carol@example.org", email_verified=verified)
    answer, browser = come(provider, "eve")
    assert "There is an account with your e-mail address already." in text_of(answer)
    assert not is_in(browser)


def test_an_address_that_somebody_has_only_typed_in_waits_for_nobody(
    provider: str, company: Callable[..., None], bob: User
) -> None:
    """Or bob would share the account of dora, with tokens that he has made before."""
    bob.email = "dora@example.org"
    bob.save()
    EmailAddress.objects.create(user=bob, email=bob.email, verified=False, primary=True)
    knows(provider, "dora-6", **DORA)
    answer, browser = come(provider, "dora-6")
    assert answer.status_code == 409
    assert not is_in(browser)
    assert not SocialAccount.objects.exists()


def test_trust_email_stands_for_a_provider_that_says_nothing(
    provider: str, company: Callable[..., None], carol: User
) -> None:
    company(trust_email=True)
    knows(provider, "carol-1", email="carol@example.org")
    _, browser = come(provider, "carol-1")
    assert is_in(browser)


def test_a_person_connects_their_account_and_needs_a_way_in(
    provider: str, company: Callable[..., None], bob: User
) -> None:
    browser = signed_in(with_password(bob))
    address = browser.post(f"{HOME}oidc/company/login/?process=connect").headers["Location"]
    knows(provider, "bob-1", email="bob@elsewhere.example", email_verified=True)
    back = urlsplit(httpx.post(address, data={"sub": "bob-1"}).headers["location"])
    browser.get(f"{back.path}?{back.query}")
    account = SocialAccount.objects.get(user=bob)
    assert "Example Ltd" in text_of(browser.get(f"{HOME}3rdparty/"))
    browser.post(f"{HOME}3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_a_name_that_is_taken_gets_a_number(
    provider: str, company: Callable[..., None], db: None
) -> None:
    User.objects.create(username="DORA")
    knows(provider, "dora-7", **DORA)
    come(provider, "dora-7")
    assert SocialAccount.objects.get().user.username == "dora-2"


def test_a_callback_without_its_login_is_refused(
    provider: str, company: Callable[..., None], db: None
) -> None:
    for query in ("", "?code=x&state=forged", "?error=access_denied", "?code=x&state=%00"):
        answer = Client(headers=HTML).get(f"{HOME}oidc/company/login/callback/{query}")
        assert answer.status_code in (200, 401)
        assert "You were not signed in." in text_of(answer)


def test_a_callback_is_of_the_browser_that_has_begun(
    provider: str, company: Callable[..., None], db: None
) -> None:
    """Nobody is signed in to another's account by a link."""
    knows(provider, "eve", email="eve@example.org", email_verified=True)
    begun = Client(headers=HTML)
    address = begun.post(f"{HOME}oidc/company/login/").headers["Location"]
    back = urlsplit(httpx.post(address, data={"sub": "eve"}).headers["location"])
    victim = Client(headers=HTML)
    victim.get(f"{back.path}?{back.query}")
    assert not is_in(victim)


def test_a_provider_that_is_away_is_no_failure_of_ours(
    company: Callable[..., None], db: None
) -> None:
    company(issuer="http://127.0.0.1:9")
    answer = Client().post(f"{HOME}oidc/company/login/")
    assert answer.json() == {
        "status": 502,
        "title": "Your company's sign-on does not answer.",
        "detail": "This server could not reach it, or did not understand what it said; "
        "web's log says more.",
        "hint": "Try again in a minute, sign in in another way, or tell an administrator.",
    }
    assert Client(headers=HTML).post(f"{HOME}oidc/nothing/login/").status_code == 404


def test_who_comes_from_a_provider_has_shown_a_second_factor_there(
    provider: str, company: Callable[..., None], configured: Callable[..., None], db: None
) -> None:
    configured(require_two_factor=TwoFactor.EVERYBODY)
    knows(provider, "dora-8", **DORA)
    _, browser = come(provider, "dora-8")
    assert is_in(browser)
