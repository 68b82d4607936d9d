"""What is known of a SAML provider before anybody signs in, and what a start without the extra says."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from portico.cli.checking import check_settings
from portico.errors import PorticoError
from portico.saml_metadata import identity_provider
from portico.sign_on import SamlProvider
from tests.certificates import make_certificate

METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://sso.example/metadata">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAA</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://sso.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"""
SECOND_KEY = METADATA.replace(
    "<md:SingleSignOn",
    METADATA[METADATA.index("<md:Key") : METADATA.index("<md:Single")] + "<md:SingleSignOn",
)


def provider(**given: Any) -> SamlProvider:
    return SamlProvider(id="company", name="Example", **given)


def refusal(own: SamlProvider) -> dict[str, str]:
    with pytest.raises(PorticoError) as refused:
        identity_provider(own)
    return refused.value.as_dict()


def test_metadata_say_where_and_with_which_keys(tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    file.write_text(METADATA)
    found = identity_provider(provider(metadata_file=file))
    assert found["entityId"] == "https://sso.example/metadata"
    assert found["singleSignOnService"]["url"] == "https://sso.example/sso"
    assert found["x509cert"] == "AAA"
    # While a provider changes its key, both are good.
    file.write_text(SECOND_KEY)
    found = identity_provider(provider(metadata_file=file))
    assert found["x509certMulti"]["signing"] == ["AAA", "AAA"]


def test_by_hand_it_is_the_same(tmp_path: Path) -> None:
    chain, _ = make_certificate(tmp_path)
    given = {"entity_id": "https://sso.example/metadata", "sso_url": "https://sso.example/sso"}
    found = identity_provider(
        provider(**given, slo_url="https://sso.example/slo", certificate_file=chain)
    )
    assert found == {
        "entityId": "https://sso.example/metadata",
        "singleSignOnService": {"url": "https://sso.example/sso"},
        "singleLogoutService": {"url": "https://sso.example/slo"},
        "x509cert": chain.read_text().strip(),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "",
            "It is no XML that is accepted: Document is empty, line 1, column 1 (<string>, line 1)",
        ),
        ("<a/>", "It describes no identity provider"),
        (METADATA.replace("X509Data", "Other"), "It lacks a certificate to sign with"),
        (
            METADATA.replace("HTTP-Redirect", "SOAP").replace("entityID", "name"),
            "It lacks an entity id, an address to sign in at by HTTP-Redirect",
        ),
        (
            f'<!DOCTYPE a [<!ENTITY b "c">]>{METADATA}',
            "It is no XML that is accepted: DTDForbidden(name='<!DOCTYPE EntityDescriptor>', "
            "system_id=None, public_id=None)",
        ),
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path: Path, text: str, found: str) -> None:
    file = tmp_path / "metadata.xml"
    file.write_text(text)
    assert refusal(provider(metadata_file=file)) == {
        "title": "What is known of the SAML provider 'company' cannot be used.",
        "detail": f"{file}: {found}.",
        "hint": "Ask its administrators for the metadata of the identity provider, or correct the "
        "settings.",
    }


def test_another_entity_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    file.write_text(METADATA)
    own = provider(metadata_file=file, entity_id="https://other.example")
    assert refusal(own)["detail"] == (
        f"{file}: It describes no identity provider for https://other.example."
    )
    gone = refusal(provider(metadata_file=tmp_path / "gone"))
    assert gone["detail"] == f"{tmp_path}/gone: No such file or directory."


def test_a_server_does_not_start_with_a_provider_that_is_not_described(tmp_path: Path) -> None:
    (tmp_path / "portico.toml").write_text(
        f'[[saml]]\nid = "company"\nname = "Example"\nmetadata_file = "{tmp_path}/gone"\n'
    )
    with pytest.raises(PorticoError, match="What is known of the SAML provider 'company'"):
        check_settings(tmp_path)


def test_a_start_without_the_extra_says_how_to_install_it(tmp_path: Path) -> None:
    """With an environment that has all of this one's packages but those of the extra."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name != "onelogin":
            (packages / path.name).symlink_to(path)
    (tmp_path / "portico.toml").write_text(
        '[[saml]]\nid = "company"\nname = "Example"\nmetadata_url = "https://sso.example/m"\n'
    )
    python = Path(sys.executable)
    source = Path(__file__).parents[1] / "src"
    done = subprocess.run(
        (sys.executable, "-S", "-m", "portico.cli", "server", "start", "--data", str(tmp_path)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{source}:{packages}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "SAML providers are set, and what they need is not installed.\n"
        f"{python} cannot load python3-saml: No module named 'onelogin'\n"
        "Next: Install it, then start again; upgrades of the server keep it: "
        f"{python.parent}/uv pip install --python {python} python3-saml\n",
    )
