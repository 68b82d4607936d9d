"""What the operator may write of providers and mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from portico.control.accounts.configuration import kinds, mail, providers
from portico.settings import Settings

GIVEN = {"id": "company", "name": "Example Ltd", "issuer": "https://sso.example", "client_id": "x"}

SAML = {"id": "company", "name": "Example"}
BY_HAND = {
    "entity_id": "https://sso.example/metadata",
    "sso_url": "https://sso.example/sso",
    "certificate_file": "/etc/portico/sso.pem",
}


def settings(tmp_path: Path, **given: Any) -> Settings:
    return Settings(data=tmp_path, url="https://portico.example", **given)


def test_providers_come_from_tables_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3\n")
    (tmp_path / "portico.toml").write_text(
        f"""
registration = "closed"
[[oidc]]
id = "one"
name = "One"
issuer = "https://one.example/realm/"
client_id = "a"
client_secret_file = "{tmp_path / "secret"}"
groups_claim = "groups"
[[oidc]]
id = "two"
name = "Two"
issuer = "https://two.example"
client_id = "b"
client_secret = "c"
trust_email = true
scopes = ["openid"]
"""
    )
    assert providers(Settings(data=tmp_path))["openid_connect"]["APPS"] == [
        {
            "provider_id": "one",
            "name": "One",
            "client_id": "a",
            "secret": "s3",
            "settings": {
                "server_url": "https://one.example/realm",
                "scope": ["openid", "profile", "email"],
                "verified_email": False,
            },
        },
        {
            "provider_id": "two",
            "name": "Two",
            "client_id": "b",
            "secret": "c",
            "settings": {
                "server_url": "https://two.example",
                "scope": ["openid"],
                "verified_email": True,
            },
        },
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "It needs either client_secret or client_secret_file"),
        (
            {"client_secret": "a", "client_secret_file": "b"},
            "It needs either client_secret or client_secret_file",
        ),
        ({"client_secret": "a", "issuer": "sso.example"}, "It has to begin with https://"),
        ({"client_secret": "a", "id": "a/b"}, "String should match pattern"),
        ({"client_secret": "a", "grups_claim": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_of_a_provider_is_said(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(tmp_path, oidc=({**GIVEN, **wrong},))


def test_two_providers_of_one_id_are_refused(tmp_path: Path) -> None:
    one = {**GIVEN, "client_secret": "a"}
    with pytest.raises(ValidationError, match="Two providers have the same id"):
        settings(tmp_path, oidc=(one, one))
    with pytest.raises(ValidationError, match="Two providers have the same id"):
        settings(tmp_path, oidc=(one,), saml=({**SAML, "metadata_file": "/m"},))


def test_a_saml_provider_by_its_metadata_or_by_hand(tmp_path: Path) -> None:
    one = {**SAML, "metadata_url": "https://sso.example/metadata", "attributes": {"email": "m"}}
    found = settings(tmp_path, saml=(one,))
    (app,) = providers(found)["saml"]["APPS"]
    assert (app["provider_id"], app["client_id"], app["name"]) == ("company", "company", "Example")
    assert app["settings"]["verified_email"] is False
    assert app["settings"]["attribute_mapping"]["email"] == "m"
    assert kinds(found)[-1] == "allauth.socialaccount.providers.saml"
    assert kinds(settings(tmp_path)) == ("allauth.socialaccount.providers.openid_connect",)
    settings(tmp_path, saml=({**SAML, **BY_HAND},))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "It needs one of metadata_url, metadata_file, or sso_url with certificate_file"),
        ({"metadata_url": "https://a.example", "metadata_file": "/m"}, "It needs one of"),
        ({"metadata_url": "https://a.example", "slo_url": "https://a.example"}, "It needs one of"),
        ({"metadata_url": "http://sso.example/metadata"}, "It has to begin with https://"),
        ({"metadata_url": "sso.example"}, "It has to begin with https:// and name a host"),
        ({**BY_HAND, "entity_id": ""}, "With sso_url it needs entity_id and certificate_file"),
        ({"slo_url": "https://a.example"}, "With sso_url it needs entity_id"),
        ({"metadata_file": "/m", "entity_id": "a'b"}, "String should match pattern"),
        ({"metadata_file": "/m", "attributes": {"mail": "x"}}, "Input should be 'uid', 'email'"),
    ],
)
def test_what_is_wrong_of_a_saml_provider_is_said(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(tmp_path, saml=({**SAML, **wrong},))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://me:p%40ss@mail.example", ("mail.example", 465, "me", "p@ss", True, False)),
        ("smtp://mail.example", ("mail.example", 587, "", "", False, True)),
        ("smtp://localhost:25?starttls=no", ("localhost", 25, "", "", False, False)),
    ],
)
def test_a_mail_server_by_its_address(tmp_path: Path, url: str, expected: tuple[Any, ...]) -> None:
    found = mail(settings(tmp_path, mail_url=url))
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(found[f"EMAIL_{name}"] for name in names) == expected
    assert found["DEFAULT_FROM_EMAIL"] == "Portico <portico@portico.example>"


def test_without_a_mail_server_nothing_is_sent(tmp_path: Path) -> None:
    assert mail(settings(tmp_path)) == {
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"
    }


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="It has to look like smtps://"):
        settings(tmp_path, mail_url=url)
