"""Who talks to whom: this server and a provider, as python3-saml wants them described."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.cache import cache
from django.http import Http404
from django.urls import reverse
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words

from portico.control import instance
from portico.saml_metadata import identity_provider
from portico.sign_on import SamlProvider

METADATA_SECONDS = 3600  # as long as a certificate that the provider has withdrawn may count
SECURITY = {
    "requestedAuthnContext": False,  # with what people show who they are is the provider's business
    "rejectDeprecatedAlgorithm": True,
    "signatureAlgorithm": Words.RSA_SHA256,
    "digestAlgorithm": Words.SHA256,
    "wantNameId": True,
    "wantAttributeStatement": False,
    "allowRepeatAttributeName": True,
    "allowSingleLabelDomains": True,
}


def provider_named(provider_id: str) -> SamlProvider:
    found = next((one for one in instance.server().saml if one.id == provider_id), None)
    if found is None:
        raise Http404
    return found


def address(view: str, own: SamlProvider) -> str:
    """As the provider knows it, whatever the client says this server is called."""
    return f"{instance.server().public_url}{reverse(view, args=[own.id])}"


def entity_id(own: SamlProvider) -> str:
    """This server's, for that provider."""
    return address("saml_metadata", own)


def this_server(own: SamlProvider) -> dict[str, Any]:
    return {
        "strict": True,
        "security": SECURITY,
        "sp": {
            "entityId": entity_id(own),
            "assertionConsumerService": {
                "url": address("saml_acs", own),
                "binding": Words.BINDING_HTTP_POST,
            },
            "singleLogoutService": {
                "url": address("saml_sls", own),
                "binding": Words.BINDING_HTTP_REDIRECT,
            },
            "NameIDFormat": Words.NAMEID_UNSPECIFIED,
        },
    }


def both(own: SamlProvider) -> dict[str, Any]:
    """Raises PorticoError, or RequestException where the metadata cannot be had."""
    return {**this_server(own), "idp": identity_provider(own, _fetched(own))}


def received(view: str, own: SamlProvider, query: dict[str, str] | None = None) -> dict[str, Any]:
    """A message that has come to that address."""
    parts = urlsplit(address(view, own))
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": query or {},
        "post_data": {},
    }


def _fetched(own: SamlProvider) -> bytes:
    """Only what can be used is kept, or a provider's bad minute would last an hour."""
    if own.metadata_url is None:
        return b""
    key = f"saml metadata:{own.id}"
    found: bytes | None = cache.get(key)
    if found is None:
        answer = requests.get(own.metadata_url, timeout=10)
        answer.raise_for_status()
        found = answer.content
        identity_provider(own, found)
        cache.set(key, found, METADATA_SECONDS)
    return found
