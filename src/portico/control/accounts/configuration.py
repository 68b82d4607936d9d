"""The operator's settings of sign-on in the words of Django and allauth. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.settings import Settings
from portico.sign_on import Mail, OidcProvider, SamlProvider

# Where attributes are looked for unless the operator names them: by their names, their numbers, and as
# Microsoft's and Google's products call them.
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
ATTRIBUTES = {
    "uid": [
        "urn:oasis:names:tc:SAML:attribute:subject-id",
        "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    ],
    "email": ["email", "mail", "urn:oid:0.9.2342.19200300.100.1.3", f"{_CLAIMS}/emailaddress"],
    "username": ["uid", "username", "urn:oid:0.9.2342.19200300.100.1.1"],
    "first_name": ["givenName", "first_name", "urn:oid:2.5.4.42", f"{_CLAIMS}/givenname"],
    "last_name": ["sn", "last_name", "urn:oid:2.5.4.4", f"{_CLAIMS}/surname"],
}
_SAML = "portico.control.accounts.providers.saml.provider.Saml"


def providers(server: Settings) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS."""
    found: dict[str, Any] = {}
    if server.oidc:
        apps = [_oidc(provider) for provider in server.oidc]
        found["openid_connect"] = {"OAUTH_PKCE_ENABLED": True, "APPS": apps}
    if server.saml:
        found["saml"] = {"provider_class": _SAML, "APPS": [_saml(one) for one in server.saml]}
    return found


def kinds(server: Settings) -> tuple[str, ...]:
    """Of providers, as INSTALLED_APPS; the library of SAML is there only where it is wanted."""
    saml = ("allauth.socialaccount.providers.saml",) if server.saml else ()
    return ("allauth.socialaccount.providers.openid_connect", *saml)


def mail(server: Settings) -> dict[str, Any]:
    """Django's EMAIL_*; without a mail server nothing is sent."""
    if not server.mail_url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    found = Mail.of(server.mail_url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": found.host,
        "EMAIL_PORT": found.port,
        "EMAIL_HOST_USER": found.user,
        "EMAIL_HOST_PASSWORD": found.password,
        "EMAIL_USE_SSL": found.tls,
        "EMAIL_USE_TLS": found.starttls,
        "EMAIL_TIMEOUT": 20,
        "DEFAULT_FROM_EMAIL": server.mail_from or f"Portico <portico@{server.public_host}>",
    }


def _saml(provider: SamlProvider) -> dict[str, Any]:
    """What it says of itself is asked for when somebody comes: see `providers.saml.parties`."""
    return {
        "provider_id": provider.id,
        "client_id": provider.id,
        "name": provider.name,
        "settings": {
            "attribute_mapping": {**ATTRIBUTES, **provider.attributes},
            "verified_email": provider.trust_email,
        },
    }


@dataclass(frozen=True)
class Cookies:
    """Of the platform's own pages."""

    session: str
    csrf: str
    path: str
    secure: bool


def cookies(server: Settings) -> Cookies:
    """Where apps share the host, the path keeps them from apps. Where apps have a host of their own,
    a page of theirs may set cookies for the domain that both are in; browsers take none from it
    whose name begins with __Host-, which TLS and the path / are asked for."""
    secure = server.public_url.startswith("https://")
    prefix, path = ("__Host-", "/") if secure and server.apps_apart else ("", "/-/")
    return Cookies(f"{prefix}portico_session", f"{prefix}portico_csrf", path, secure)


def _oidc(provider: OidcProvider) -> dict[str, Any]:
    return {
        "provider_id": provider.id,
        "name": provider.name,
        "client_id": provider.client_id,
        "secret": provider.secret,
        "settings": {
            "server_url": provider.issuer,
            "scope": list(provider.scopes),
            "verified_email": provider.trust_email,
        },
    }
