"""What somebody may bring who is not who they say: refused, and nobody is signed in."""

from __future__ import annotations

import base64
import copy
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree

from tests.control.accounts.saml.conftest import Company, Visitor
from tests.control.conftest import HTML
from tests.saml_provider import encoded, needs_xmlsec1

pytestmark = needs_xmlsec1
NAMES = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "d": "http://www.w3.org/2000/09/xmldsig#",
}


def refused(visitor: Visitor, answer: httpx.Response) -> None:
    assert answer.status_code < 500
    assert "You were not signed in." in answer.text
    assert not visitor.is_in()


def reason(company: Company) -> str:
    """Why the last answer was refused, as web's log says it."""
    lines = (company.web.folder / "web.log").read_text().splitlines()
    return next(line for line in reversed(lines) if "was refused" in line)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sign_assertion": False}, "No Signature found"),
        ({"key": "foreign"}, "Signature validation failed"),
        ({"audience": "https://other.example/"}, "is not a valid audience"),
        ({"minutes": -5}, "expired"),
        ({"acs": "https://other.example/acs/"}, "instead of https://other.example/acs/"),
        ({"request": "id-of-nobodys-request"}, "this browser has not asked for this answer"),
        ({"request": None}, "nobody has asked for this answer"),
        ({"issuer": "https://other.example/metadata"}, "Invalid issuer"),
    ],
)
def test_an_answer_that_is_not_for_here_and_now_is_refused(
    company: Company, visitor: Visitor, changes: dict[str, Any], why: str
) -> None:
    refused(visitor, visitor.come("partner", "mallory", **changes))
    assert why in reason(company)


def test_an_answer_counts_once_and_in_the_browser_that_has_asked(
    company: Company, visitor: Visitor, another: Visitor
) -> None:
    answer, _ = company.provider.answered("victor", visitor.begin("partner"))
    another.begin("partner")
    refused(another, another.bring("partner", encoded(answer)))
    visitor.bring("partner", encoded(answer))
    assert visitor.is_in()
    replayed = visitor.bring("partner", encoded(answer))
    assert "You were not signed in." in replayed.text
    assert "has not asked for this answer, or has had it" in reason(company)
    refused(another, another.bring("partner", encoded(answer)))


def test_an_answer_for_one_provider_is_none_for_another(company: Company, visitor: Visitor) -> None:
    """Or the laxer rules of one would count for all."""
    answer, _ = company.provider.answered("victor", visitor.begin("partner"))
    refused(visitor, visitor.bring("company", encoded(answer)))


def test_where_to_go_on_is_not_the_providers_to_say(company: Company, visitor: Visitor) -> None:
    for place in ("https://elsewhere.example/", "//elsewhere.example/", "/-/admin/"):
        answer, _ = company.provider.answered("victor", visitor.begin("partner"))
        came = visitor.bring("partner", encoded(answer), RelayState=place)
        assert came.url == f"{company.address}/-/portal/"
    asked = visitor.begin("partner", "?next=https://elsewhere.example/")
    answer, _ = company.provider.answered("victor", asked)
    assert visitor.bring("partner", encoded(answer)).url == f"{company.address}/-/portal/"


def test_a_request_that_an_unsigned_frame_names_is_not_believed(
    company: Company, visitor: Visitor
) -> None:
    """An assertion that nobody here has asked for, in a frame that says so."""
    asked = visitor.begin("partner")
    answer, _ = company.provider.answered("victor", asked, request=None)
    number = _id_of(asked)
    framed = answer.replace("<ns0:Response ", f'<ns0:Response InResponseTo="{number}" ', 1)
    refused(visitor, visitor.bring("partner", encoded(framed)))
    assert "the assertion is not for that request" in reason(company)


def _id_of(query: str) -> str:
    packed = base64.b64decode(parse_qs(query)["SAMLRequest"][0])
    found = re.search(rb'ID="([^"]+)"', zlib.decompress(packed, -15))
    assert found is not None
    return found[1].decode()


def _forged(assertion: Any) -> Any:
    """The same of somebody else, unsigned."""
    evil = copy.deepcopy(assertion)
    evil.set("ID", "evil")
    for signature in evil.findall("d:Signature", NAMES):
        evil.remove(signature)
    evil.find("a:Subject/a:NameID", NAMES).text = "administrator"
    return evil


def _before(root: Any, signed: Any) -> None:
    root.insert(root.index(signed), _forged(signed))


def _after(root: Any, signed: Any) -> None:
    root.append(_forged(signed))


def _around(root: Any, signed: Any) -> None:
    evil = _forged(signed)
    root.replace(signed, evil)
    evil.append(signed)


def _in_the_signature(root: Any, signed: Any) -> None:
    evil, signature = _forged(signed), signed.find("d:Signature", NAMES)
    root.replace(signed, evil)
    evil.insert(1, signature)
    signed = copy.deepcopy(signed)
    etree.SubElement(signature, f"{{{NAMES['d']}}}Object").append(signed)


def _in_an_extension(root: Any, signed: Any) -> None:
    extensions = etree.Element(f"{{{NAMES['p']}}}Extensions")
    evil = _forged(signed)
    root.replace(signed, evil)
    extensions.append(signed)
    root.insert(1, extensions)
    signature = copy.deepcopy(signed.find("d:Signature", NAMES))
    evil.insert(1, signature)


def _same_id(root: Any, signed: Any) -> None:
    evil = _forged(signed)
    evil.set("ID", signed.get("ID"))
    root.insert(root.index(signed), evil)


def _other_name(root: Any, signed: Any) -> None:
    signed.find("a:Subject/a:NameID", NAMES).text = "administrator"


@pytest.mark.parametrize(
    "wrap",
    [_before, _after, _around, _in_the_signature, _in_an_extension, _same_id, _other_name],
)
@pytest.mark.parametrize("sign_response", [False, True])
def test_what_is_read_is_what_is_signed(
    company: Company,
    visitor: Visitor,
    wrap: Callable[[Any, Any], None],
    *,
    sign_response: bool,
) -> None:
    asked = visitor.begin("partner")
    answer, _ = company.provider.answered("victor", asked, sign_response=sign_response)
    root = etree.fromstring(answer.encode())
    wrap(root, root.find("a:Assertion", NAMES))
    refused(visitor, visitor.bring("partner", encoded(etree.tostring(root).decode())))


def test_a_comment_does_not_cut_a_name_short(company: Company, visitor: Visitor) -> None:
    """Signatures pass over comments. Who may choose their name would choose admin<!-- -->istrator."""
    company.provider.people["victoria"] = {"uid": ["victoria"]}
    answer, _ = company.provider.answered("victoria", visitor.begin("named"))
    came = visitor.bring("named", encoded(answer.replace(">victoria<", ">victor<!-- -->ia<")))
    assert came.status_code == 200
    names = [one["name"] for one in company.web.api("GET", "/people").json()]
    assert [name for name in names if name.startswith("victor")] == ["victoria"]


BOMB = """<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY file SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%%%",
        encoded("hello"),
        encoded("\x00"),
        encoded("<a>" * 20_000),
        encoded(f"{BOMB}<p:Response xmlns:p='{NAMES['p']}'>&c;&file;</p:Response>"),
        encoded(f"<p:Response xmlns:p='{NAMES['p']}'/>"),
        encoded(f"<p:Response xmlns:p='{NAMES['p']}' Version='2.0' ID='a'/>"),
        encoded("<!-- -->"),
        base64.b64encode(b"\xff\xfe\xfd").decode(),
        "A" * 300_000,
    ],
    ids=lambda text: text[:12] or "nothing",
)
def test_what_is_no_answer_is_refused_and_not_put_aside(
    company: Company, visitor: Visitor, text: str
) -> None:
    refused(visitor, visitor.bring("partner", text))
    posted = httpx.post(company.of("partner", "acs"), data={"SAMLResponse": text}, headers=HTML)
    assert (posted.status_code, dict(posted.cookies)) == (401, {})
    assert "Traceback" not in (company.web.folder / "web.log").read_text()


def test_an_address_that_is_opened_without_an_answer_explains_itself(
    company: Company, visitor: Visitor
) -> None:
    for view in ("acs", "acs/finish"):
        refused(visitor, visitor.client.get(company.of("partner", view)))
