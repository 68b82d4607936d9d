"""A real web, a real identity provider, and browsers without pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.control.accounts.conftest import HOME
from tests.control.conftest import HTML
from tests.control.running import DEADLINE, Forwarder, Web, poll, web_process
from tests.saml_provider import GROUPS, IdentityProvider, encoded, identity_provider

DORA = {
    "mail": ["dora@example.org"],
    "uid": ["Dora"],
    "givenName": ["Theodora"],
    "isMemberOf": ["staff", "Data Science"],
}
# The same identity provider under several names, each with rules of its own.
RULES: dict[str, dict[str, Any]] = {
    "company": {"trust_email": True, "registration": "open", "groups_attribute": GROUPS},
    "partner": {"registration": "open"},
    "invited": {"trust_email": True, "registration": "invited"},
    "closed": {"trust_email": True, "registration": "closed"},
    "named": {"registration": "open", "attributes": {"uid": "urn:oid:0.9.2342.19200300.100.1.1"}},
}


@dataclass
class Company:
    """What a test of SAML has: the server, its address, the provider beside it."""

    web: Web
    address: str
    provider: IdentityProvider

    def of(self, provider_id: str, view: str) -> str:
        return f"{self.address}{HOME}saml/{provider_id}/{view}/"


@dataclass
class Visitor:
    """A browser, without looking at pages. It sends no cookie with what another site posts."""

    company: Company
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.company.address, headers=HTML, timeout=DEADLINE, follow_redirects=True
        )
        self.client.get(f"{HOME}login/")

    def post(self, path: str, **form: str) -> httpx.Response:
        token = self.client.cookies.get("portico_csrf", path="/-/") or ""
        return self.client.post(
            path, data=form, headers={"X-CSRFToken": token}, follow_redirects=False
        )

    def begin(self, provider_id: str, query: str = "") -> str:
        """Go to the provider; what it is asked."""
        answer = self.post(f"{HOME}saml/{provider_id}/login/{query}")
        assert answer.status_code == 302, answer.text
        address = urlsplit(answer.headers["Location"])
        assert f"http://{address.netloc}" == self.company.provider.address
        return address.query

    def bring(self, provider_id: str, text: str, **form: str) -> httpx.Response:
        """What the provider's page has this browser post, `text` in base64."""
        posted = httpx.post(
            self.company.of(provider_id, "acs"),
            data={"SAMLResponse": text, **form},
            headers=HTML,
            timeout=DEADLINE,
        )
        if posted.status_code != 302:
            return posted
        self.client.cookies.update(posted.cookies)
        return self.client.get(posted.headers["Location"])

    def come(self, provider_id: str, who: str, query: str = "", **changes: Any) -> httpx.Response:
        asked = self.begin(provider_id, query)
        answer, _ = self.company.provider.answered(who, asked, **changes)
        return self.bring(provider_id, encoded(answer))

    def is_in(self) -> bool:
        answer = self.client.get(HOME, follow_redirects=False)
        return bool(answer.status_code == 200 and "Your account" in answer.text)


@pytest.fixture(scope="package")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    forwarder = Forwarder(Path("/nowhere"))  # its port is part of the settings
    address = f"http://localhost:{forwarder.port}"
    with identity_provider(tmp_path_factory.mktemp("provider")) as provider:
        tables = [
            {"id": one, "name": f"Example {one}", "metadata_url": f"{provider.address}/metadata"}
            | rules
            for one, rules in RULES.items()
        ]
        with web_process(PORTICO_URL=address, PORTICO_SAML=json.dumps(tables)) as web:
            forwarder.to = web.runtime / "web" / "web.sock"
            assert poll(lambda: web.router.get("/-/ready").status_code == 200)
            found = Company(web, address, provider)
            provider.servers += [httpx.get(found.of(one, "metadata")).text for one in RULES]
            provider.people["dora"] = DORA
            yield found
            forwarder.close()


@pytest.fixture
def visitor(company: Company) -> Iterator[Visitor]:
    visitor = Visitor(company)
    yield visitor
    visitor.client.close()


@pytest.fixture
def another(company: Company) -> Iterator[Visitor]:
    another = Visitor(company)
    yield another
    another.client.close()
