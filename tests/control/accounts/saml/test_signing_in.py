"""Who comes from a SAML provider, and who does not."""

from __future__ import annotations

import httpx
import pytest

from tests.control.accounts.saml.conftest import Company, Visitor
from tests.saml_provider import needs_xmlsec1

pytestmark = needs_xmlsec1
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


def person(company: Company, name: str) -> dict[str, object] | None:
    people = company.web.api("GET", "/people").json()
    return next((one for one in people if one["name"] == name), None)


def add(company: Company, name: str, email: str) -> None:
    answer = company.web.api("POST", "/people", json={"name": name, "email": email})
    assert answer.status_code == 201, answer.text


def test_somebody_new_gets_an_account_with_its_groups_and_comes_back_to_where_they_were(
    company: Company, visitor: Visitor
) -> None:
    assert "Sign in with Example company" in visitor.client.get("/-/accounts/login/").text
    answer = visitor.come("company", "dora", "?next=/-/accounts/tokens/")
    assert answer.url == f"{company.address}/-/accounts/tokens/"
    assert visitor.is_in()
    assert person(company, "Dora") == {
        "name": "Dora",
        "role": "viewer",
        "groups": ["Data-Science", "staff"],
        "email": "dora@example.org",
    }
    company.provider.people["dora"]["isMemberOf"] = ["staff"]
    visitor.come("company", "dora")
    found = person(company, "Dora")
    assert found is not None
    assert found["groups"] == ["staff"]


def test_who_is_not_invited_is_told_whom_to_ask(company: Company, visitor: Visitor) -> None:
    company.provider.people["emil"] = {"mail": ["emil@example.org"], "uid": ["emil"]}
    answer = visitor.come("invited", "emil")
    assert answer.status_code == 403
    assert "You have no account here yet." in answer.text
    assert "Example invited knows you, but nobody has added you to this server." in answer.text
    assert not visitor.is_in()
    assert person(company, "emil") is None


def test_who_was_added_by_address_is_known_by_it(company: Company, visitor: Visitor) -> None:
    add(company, "felicity", "fee@example.org")
    company.provider.people["fee"] = {"mail": ["Fee@example.org"], "uid": ["fee"]}
    answer = visitor.come("closed", "fee")
    assert "Nobody new is let in now." in answer.text
    assert not visitor.is_in()
    visitor.come("invited", "fee")
    assert visitor.is_in()
    assert "felicity" in visitor.client.get("/-/accounts/").text
    assert person(company, "fee") is None


def test_an_address_of_a_provider_that_is_not_trusted_opens_no_account(
    company: Company, visitor: Visitor
) -> None:
    add(company, "gina", "gina@example.org")
    company.provider.people["eve"] = {"mail": ["gina@example.org"], "uid": ["gina"]}
    answer = visitor.come("partner", "eve")
    assert answer.status_code == 409
    assert "There is an account with your e-mail address already." in answer.text
    assert not visitor.is_in()


def test_a_name_that_changes_each_time_is_nobodys(company: Company, visitor: Visitor) -> None:
    company.provider.people["t-1"] = {"uid": ["hanna"], "mail": ["hanna@example.org"]}
    answer = visitor.come("company", "t-1", format=TRANSIENT)
    assert "You were not signed in." in answer.text
    visitor.come("named", "t-1", format=TRANSIENT)
    assert visitor.is_in()
    company.provider.people["t-2"] = company.provider.people["t-1"]
    visitor.come("named", "t-2", format=TRANSIENT)
    names = [one["name"] for one in company.web.api("GET", "/people").json()]
    assert [name for name in names if name.startswith("hanna")] == ["hanna"]


@pytest.mark.parametrize("signed", [{"sign_response": True}, {"sign_assertion": False}])
def test_the_answer_or_the_assertion_may_be_what_is_signed(
    company: Company, visitor: Visitor, signed: dict[str, bool]
) -> None:
    visitor.come("partner", "ida", **{"sign_response": True, **signed})
    assert visitor.is_in()


def test_a_provider_that_nobody_has_set_is_not_there(company: Company, visitor: Visitor) -> None:
    for view in ("login", "acs", "acs/finish", "sls", "metadata"):
        assert httpx.get(company.of("nobody", view)).status_code == 404


def test_its_administrators_get_what_they_have_to_know(company: Company) -> None:
    """With the server's own address, whatever somebody else's Host says."""
    answer = httpx.get(company.of("partner", "metadata"), headers={"Host": "127.0.0.1"})
    assert answer.headers["content-type"] == "application/samlmetadata+xml"
    for view in ("metadata", "acs", "sls"):
        assert f'"{company.of("partner", view)}"' in answer.text
