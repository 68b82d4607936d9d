"""A SAML provider's sign-out: it leads the browser past here, and the session here ends too."""

from __future__ import annotations

import logging
import zlib

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from lxml.etree import LxmlError
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request

from portico.control.accounts.providers.saml import parties
from portico.control.accounts.providers.saml.answers import RefusedError
from portico.control.pages.errors import explained
from portico.errors import PorticoError
from portico.sign_on import SamlProvider

log = logging.getLogger(__name__)
_NOT_UNDERSTOOD = (
    *(OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError),
    *(ValueError, LxmlError, zlib.error),
)
SESSION = "saml"  # in a browser session: the provider, and what it calls the person


def remember(request: HttpRequest, own: SamlProvider, name: str) -> None:
    request.session[SESSION] = [own.id, name]


def sign_out(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Nobody but the provider, by its signature, ends a session, and only that of its own person."""
    own = parties.provider_named(organization_slug)
    query = {name: str(request.GET[name]) for name in request.GET}
    try:
        name, answer = _understood(own, query)
    except RefusedError as refused:
        log.warning("%s: a sign-out of '%s' was refused: %s", request.path, own.id, refused)
        return explained(request, not_accepted(own))
    if request.session.get(SESSION) == [own.id, name]:
        get_adapter().logout(request)
    return HttpResponseRedirect(answer)


def _understood(own: SamlProvider, query: dict[str, str]) -> tuple[str, str]:
    """Whom it is about, and where the browser goes on to. Nothing is unpacked that is not signed."""
    if "SAMLRequest" not in query or "Signature" not in query:
        raise RefusedError("it is no request, or not signed")
    auth = OneLogin_Saml2_Auth(parties.received("saml_sls", own, query), parties.both(own))
    if not auth.get_slo_response_url():
        raise RefusedError("its metadata name no address for sign-outs")
    try:
        if not auth.validate_request_signature(query):
            raise RefusedError("the signature is not the provider's")
        answer = auth.process_slo(keep_local_session=True)
        name = OneLogin_Saml2_Logout_Request.get_nameid(auth.get_last_request_xml())
    except _NOT_UNDERSTOOD as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error
    if auth.get_errors():
        raise RefusedError(auth.get_last_error_reason() or auth.get_errors())
    return name, str(answer)


def not_accepted(own: SamlProvider) -> PorticoError:
    return PorticoError(
        "You were not signed out.",
        f"What {own.name} has sent was not understood, or not signed by it; web's log says more.",
        "Sign out on the page of your account.",
    )
