"""The operator's settings of sign-on in the words of Django and allauth. Pure."""

from __future__ import annotations

from typing import Any

from portico.settings import Settings
from portico.sign_on import Mail, OidcProvider


def providers(server: Settings) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS."""
    apps = [_oidc(provider) for provider in server.oidc]
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}} if apps else {}


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
