"""A provider signs its person out: here too, and nobody else can."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.control.accounts.saml.conftest import Company, Visitor
from tests.saml_provider import needs_xmlsec1

pytestmark = needs_xmlsec1


def asked(company: Company, who: str, provider_id: str = "partner", **how: object) -> str:
    address = company.provider.sign_out(who, company.of(provider_id, "sls"), **how)  # type: ignore[arg-type]
    return address.removeprefix(company.address)


def test_a_sign_out_at_the_provider_ends_the_session_here(
    company: Company, visitor: Visitor, another: Visitor
) -> None:
    visitor.come("partner", "nora")
    another.come("partner", "olga")
    answer = visitor.client.get(asked(company, "nora"))
    assert "Signed out of all" in answer.text
    assert not visitor.is_in()
    said = company.provider.signed_out[-1]
    assert set(said) == {"SAMLResponse", "RelayState"}
    assert said["RelayState"] == "here"
    # The provider's word about one person is none about another.
    another.client.get(asked(company, "nora"))
    assert another.is_in()


@pytest.mark.parametrize("how", [{"sign": False}, {"key": "foreign"}])
def test_nobody_else_signs_anybody_out(
    company: Company, visitor: Visitor, how: dict[str, object]
) -> None:
    visitor.come("partner", "nora")
    answer = visitor.client.get(asked(company, "nora", **how))
    assert answer.status_code == 400
    assert "You were not signed out." in answer.text
    assert visitor.is_in()


def test_a_request_for_another_provider_of_the_same_company_ends_nothing(
    company: Company, visitor: Visitor
) -> None:
    visitor.come("partner", "nora")
    visitor.client.get(asked(company, "nora", "named"))
    assert visitor.is_in()


@pytest.mark.parametrize(
    "change",
    [
        {"SAMLRequest": "AAAA"},
        {"SAMLRequest": "\x00"},
        {"Signature": "AAAA"},
        {"Signature": "%"},
        {"SigAlg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"SigAlg": "none"},
        {"RelayState": "https://elsewhere.example/"},
    ],
)
def test_a_request_that_was_changed_is_refused(
    company: Company, visitor: Visitor, change: dict[str, str]
) -> None:
    visitor.come("partner", "nora")
    parts = urlsplit(asked(company, "nora"))
    query = {**dict(parse_qsl(parts.query)), **change}
    answer = visitor.client.get(f"{parts.path}?{urlencode(query)}")
    assert "You were not signed out." in answer.text
    assert visitor.is_in()


def test_an_answer_to_a_sign_out_leads_nowhere(company: Company) -> None:
    query = urlencode({"SAMLResponse": "x", "RelayState": "https://elsewhere.example/"})
    answer = httpx.get(f"{company.of('partner', 'sls')}?{query}")
    assert answer.json() == {
        "status": 400,
        "title": "You were not signed out.",
        "detail": "What Example partner has sent was not understood, or not signed by it; "
        "web's log says more.",
        "hint": "Sign out on the page of your account.",
    }
