"""allauth's SAML provider, with this server's own addresses."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from onelogin.saml2.auth import OneLogin_Saml2_Auth

from portico.control.accounts.providers.saml import parties


class SamlAccount(ProviderAccount):
    def to_str(self) -> str:
        return str(self.account.uid)


class Saml(SAMLProvider):
    account_class = SamlAccount

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """To the provider. Where to go on afterwards stays here; it is not asked to remember it."""
        own = parties.provider_named(self.app.client_id)
        auth = OneLogin_Saml2_Auth(parties.received("saml_login", own), parties.both(own))
        address = auth.login(return_to="")
        number = auth.get_last_request_id()
        self.stash_redirect_state(request, process, next_url, data, state_id=number, **kwargs)
        return HttpResponseRedirect(address)


provider_classes = [Saml]
