"""What a provider says of somebody who has signed in there, believed only when all of it fits.

python3-saml looks at signatures, times and names. It lets pass an assertion that names no audience, no
recipient or no request; those are refused here, so that an assertion is good for this server, in the
browser that has asked for it, once.
"""

from __future__ import annotations

from typing import Any

from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from portico.control.accounts.providers.saml import parties
from portico.sign_on import SamlProvider

LONGEST = 256 * 1024  # of an answer, in base64
_CONFIRMATION = "/saml:Subject/saml:SubjectConfirmation[@Method='{method}']"


class RefusedError(Exception):
    """Why a message was not believed, for web's log."""


class Answer(OneLogin_Saml2_Response):
    """Its attributes and names are those of the signed assertion."""

    @property
    def request(self) -> str:
        """Id of the request that is answered."""
        return self.get_in_response_to() or ""

    @property
    def changes_its_name(self) -> bool:
        """Whether the provider calls the person something else each time."""
        return bool(self.get_nameid_format() == Words.NAMEID_TRANSIENT)

    def confirmations(self) -> list[dict[str, str]]:
        """What the assertion says about who may bring it, and where to."""
        path = _CONFIRMATION.format(method=Words.CM_BEARER)
        nodes = self._query_assertion(f"{path}/saml:SubjectConfirmationData")
        return [dict(node.attrib) for node in nodes]


def verified(own: SamlProvider, text: str) -> Answer:
    """`text`: SAMLResponse of a form. Raises RefusedError; PorticoError as `parties.both`."""
    if not 0 < len(text) <= LONGEST:
        raise RefusedError(f"an answer of {len(text)} characters")
    settings = OneLogin_Saml2_Settings(parties.both(own))
    try:
        answer = Answer(settings, text)
        answer.is_valid(parties.received("saml_acs", own), raise_exceptions=True)
    except Exception as error:  # a stranger's bytes make many kinds of them
        raise RefusedError(f"{type(error).__name__}: {error}") from error
    if fault := fault_of(answer, parties.entity_id(own), parties.address("saml_acs", own)):
        raise RefusedError(fault)
    return answer


def fault_of(answer: Any, audience: str, recipient: str) -> str:
    """What python3-saml does not insist on; empty when all is there."""
    if audience not in answer.get_audiences():
        return "the assertion is not for this server"
    if not answer.request:
        return "nobody has asked for this answer"
    expected = {"InResponseTo": answer.request, "Recipient": recipient}
    if not any(
        expected.items() <= found.items() and "NotOnOrAfter" in found
        for found in answer.confirmations()
    ):
        return "the assertion is not for that request, has another recipient, or no end"
    return ""
