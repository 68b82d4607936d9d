"""What a SAML provider says of itself, in the words of python3-saml, which is an extra."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from portico.errors import PorticoError
from portico.settings import Settings
from portico.sign_on import SamlProvider

# What nobody can sign in without: python3-saml's word, and ours.
_NEEDED = {
    "entityId": "an entity id",
    "singleSignOnService": "an address to sign in at by HTTP-Redirect",
    "x509cert": "a certificate to sign with",
}


def check(settings: Settings) -> None:
    """Raises PorticoError for what of the settings cannot work. Asks no other machine."""
    if settings.saml:
        require_library()
    for own in settings.saml:
        if own.metadata_url is None:
            identity_provider(own)


def require_library() -> None:
    try:
        import onelogin.saml2.auth  # noqa: F401 - whether it can be
    except Exception as error:  # that of two libraries that do not fit together is of no kind
        python = Path(sys.executable)
        raise PorticoError(
            "SAML providers are set, and what they need is not installed.",
            f"{python} cannot load python3-saml: {error}",
            "Install it, then start again; upgrades of the server keep it: "
            f"{python.parent / 'uv'} pip install --python {python} python3-saml",
        ) from error


def identity_provider(own: SamlProvider, fetched: bytes = b"") -> dict[str, Any]:
    """`fetched`: what lies at `metadata_url`. Raises PorticoError."""
    try:
        found = _by_hand(own) if own.sso_url else _parsed(own, fetched)
    except OSError as error:
        raise _unusable(own, str(error.strerror)) from error
    certificates = found.get("x509certMulti", {}).get("signing", [])
    known = {"x509cert": certificates, **found}
    lacking = [words for name, words in _NEEDED.items() if not known.get(name)]
    if lacking:
        raise _unusable(own, f"It lacks {', '.join(lacking)}")
    return found


def _by_hand(own: SamlProvider) -> dict[str, Any]:
    assert own.certificate_file is not None  # noqa: S101 - the model has looked
    logout = {"singleLogoutService": {"url": own.slo_url}} if own.slo_url else {}
    return {
        "entityId": own.entity_id,
        "singleSignOnService": {"url": own.sso_url},
        "x509cert": own.certificate_file.read_text(errors="replace").strip(),
        **logout,
    }


def _parsed(own: SamlProvider, fetched: bytes) -> dict[str, Any]:
    from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

    text = own.metadata_file.read_bytes() if own.metadata_file else fetched
    try:
        parsed = OneLogin_Saml2_IdPMetadataParser.parse(text, entity_id=own.entity_id or None)
    except Exception as error:  # whatever a parser of XML may say
        raise _unusable(own, f"It is no XML that is accepted: {error}") from error
    if not parsed:
        whose = f" for {own.entity_id}" if own.entity_id else ""
        raise _unusable(own, f"It describes no identity provider{whose}")
    found: dict[str, Any] = parsed["idp"]
    return found


def _unusable(own: SamlProvider, found: str) -> PorticoError:
    where = own.metadata_url or own.metadata_file or own.certificate_file
    return PorticoError(
        f"What is known of the SAML provider '{own.id}' cannot be used.",
        f"{where}: {found}.",
        "Ask its administrators for the metadata of the identity provider, or correct the settings.",
        status=502,
    )
