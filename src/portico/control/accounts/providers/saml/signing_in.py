"""How somebody comes back from a SAML provider."""

from __future__ import annotations

import logging

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login, render_authentication_error
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.sessions import LoginSession
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from portico.control.accounts.providers.saml import parties, signing_out
from portico.control.accounts.providers.saml.answers import Answer, RefusedError, verified
from portico.control.accounts.providers.saml.provider import Saml
from portico.sign_on import SamlProvider

log = logging.getLogger(__name__)
COOKIE = "portico_saml"
ON_THE_WAY = 60  # seconds from one address to the other


@csrf_exempt
def arrive(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """A form of the provider's page. Browsers send no session with what another site posts, so the
    answer is put aside and the browser led on. What is not signed is not even put aside."""
    own = parties.provider_named(organization_slug)
    text = request.POST.get("SAMLResponse", "")
    try:
        verified(own, text)
    except RefusedError as refused:
        return _not_signed_in(request, own, refused)
    response = HttpResponseRedirect(reverse("saml_finish_acs", args=[own.id]))
    aside = LoginSession(request, "portico_saml", COOKIE)
    aside.store.update({"answer": text})
    aside.store.set_expiry(ON_THE_WAY)
    aside.save(response)
    response.cookies[COOKIE]["httponly"] = True
    return response


def finish(request: HttpRequest, organization_slug: str) -> HttpResponse:
    own = parties.provider_named(organization_slug)
    aside = LoginSession(request, "portico_saml", COOKIE)
    text = str(aside.store.get("answer", ""))
    aside.delete()
    try:
        answer = verified(own, text)
        login = _login(request, own, answer)
    except RefusedError as refused:
        return _not_signed_in(request, own, refused)
    response: HttpResponse = complete_social_login(request, login)
    if login.state.get("process") == AuthProcess.LOGIN and request.user.is_authenticated:
        signing_out.remember(request, own, answer.get_nameid())
    return response


def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Of this server, for the provider's administrators."""
    own = parties.provider_named(organization_slug)
    known = OneLogin_Saml2_Settings(parties.this_server(own), sp_validation_only=True)
    return HttpResponse(known.get_sp_metadata(), content_type="application/samlmetadata+xml")


def _login(request: HttpRequest, own: SamlProvider, answer: Answer) -> SocialLogin:
    """For the request that this very browser has made, which is answered by this alone."""
    provider = _provider(request, own)
    try:
        state = provider.unstash_redirect_state(request, answer.request)
        # allauth says nowhere else whether it was an attribute that it took the person's name from.
        if answer.changes_its_name and "uid" not in provider._extract(answer):  # noqa: SLF001 - see above
            raise RefusedError(
                "the name of the person is another one each time; set attributes.uid"
            )
        login = provider.sociallogin_from_response(request, answer)
    except PermissionDenied as error:
        raise RefusedError("this browser has not asked for this answer, or has had it") from error
    except ValueError as error:
        raise RefusedError(str(error)) from error
    login.state = state
    return login


def _not_signed_in(request: HttpRequest, own: SamlProvider, why: RefusedError) -> HttpResponse:
    log.warning("%s: an answer of '%s' was refused: %s", request.path, own.id, f"{why}"[:500])
    page: HttpResponse = render_authentication_error(request, _provider(request, own))
    return page


def _provider(request: HttpRequest, own: SamlProvider) -> Saml:
    found: Saml = get_adapter().get_provider(request, own.id)
    return found
