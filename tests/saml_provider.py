"""A real SAML identity provider, beside: pysaml2, which signs with the program xmlsec1."""

from __future__ import annotations

import base64
import datetime
import html
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from saml2 import BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

needs_xmlsec1 = pytest.mark.skipif(
    shutil.which("xmlsec1") is None, reason="there is no xmlsec1, with which pysaml2 signs"
)
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"
AUTHN = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": "beside"}
GROUPS = "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"  # isMemberOf


@dataclass
class IdentityProvider:
    """`people`: attributes by name. `servers`: metadata of those that it answers."""

    folder: Path
    address: str
    people: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    signed_out: list[dict[str, str]] = field(default_factory=list)  # what came to /slo

    def metadata(self) -> str:
        return str(entity_descriptor(self._config(15)))

    def answer(self, who: str, request: str, acs: str, audience: str, **changes: Any) -> str:
        """XML of a response. `minutes` that it is good for, `key` in whose name it is signed, and
        what pysaml2's create_authn_response takes."""
        server = Server(config=self._config(changes.pop("minutes", 15), changes.pop("key", "own")))
        name = NameID(format=changes.pop("format", NAMEID_FORMAT_PERSISTENT), text=who)
        given = {"sign_assertion": True, "sign_response": False, **changes}
        signing = {"sign_alg": SHA256, "digest_alg": DIGEST}
        identity = self.people.get(who, {"givenName": [who]})
        return str(
            server.create_authn_response(
                identity, request, acs, audience, name_id=name, authn=AUTHN, **signing, **given
            )
        )

    def answered(self, who: str, query: str, **changes: Any) -> tuple[str, str]:
        """The response to what a server has sent its visitor with, and where it goes."""
        message = dict(parse_qsl(query))
        server = Server(config=self._config(15))
        asked = server.parse_authn_request(message["SAMLRequest"], BINDING_HTTP_REDIRECT).message
        acs = asked.assertion_consumer_service_url
        given = {"acs": acs, "audience": asked.issuer.text, "request": asked.id, **changes}
        return self.answer(who, **given), acs

    def sign_out(self, who: str, server: str, *, sign: bool = True, key: str = "own") -> str:
        """The address that a browser is sent to, which wants to sign somebody out at a server."""
        own = Server(config=self._config(15, key))
        name = NameID(format=NAMEID_FORMAT_PERSISTENT, text=who)
        _, request = own.create_logout_request(server, self.address, name_id=name, sign=False)
        sent = own.apply_binding(
            BINDING_HTTP_REDIRECT, str(request), server, "here", sign=sign, sigalg=SHA256
        )
        return str(dict(sent["headers"])["Location"])

    def _config(self, minutes: int, key: str = "own") -> Any:
        _make_key(self.folder / key)
        services = {
            "single_sign_on_service": [(f"{self.address}/sso", BINDING_HTTP_REDIRECT)],
            "single_logout_service": [(f"{self.address}/slo", BINDING_HTTP_REDIRECT)],
        }
        policy = {"default": {"lifetime": {"minutes": minutes}, "attribute_restrictions": None}}
        return IdPConfig().load(
            {
                "entityid": f"{self.address}/metadata",
                "service": {"idp": {"endpoints": services, "policy": policy}},
                "key_file": str(self.folder / key / "key.pem"),
                "cert_file": str(self.folder / key / "cert.pem"),
                "metadata": {"inline": self.servers} if self.servers else {},
                "xmlsec_binary": shutil.which("xmlsec1"),
            }
        )


@contextmanager
def identity_provider(folder: Path) -> Iterator[IdentityProvider]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    provider = IdentityProvider(folder, f"http://127.0.0.1:{http.server_port}")
    http.provider = provider  # type: ignore[attr-defined]
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        http.shutdown()
        http.server_close()


def encoded(answer: str) -> str:
    return base64.b64encode(answer.encode()).decode()


class _Pages(BaseHTTPRequestHandler):
    """A person says who they are, and is sent back with a form that sends itself."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        provider: IdentityProvider = self.server.provider  # type: ignore[attr-defined]
        if parts.path == "/metadata":
            self._say(provider.metadata(), "application/samlmetadata+xml")
        elif parts.path == "/sso":
            self._say(
                '<!doctype html><html lang="en"><title>Example Ltd</title><form method="post">'
                '<label>Who <input name="who"></label><button>Go</button></form></html>'
            )
        else:
            provider.signed_out.append(dict(parse_qsl(parts.query)))
            self._say("<!doctype html><title>Example Ltd</title><h1>Signed out of all</h1>")

    def do_POST(self) -> None:
        provider: IdentityProvider = self.server.provider  # type: ignore[attr-defined]
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        answer, acs = provider.answered(form["who"][0], urlsplit(self.path).query)
        self._say(
            f'<!doctype html><body onload="document.forms[0].submit()"><form method="post" '
            f'action="{html.escape(acs)}"><input name="SAMLResponse" value="{encoded(answer)}">'
            '<input name="RelayState" value="https://elsewhere.example/"></form></body>'
        )

    def _say(self, text: str, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        pass


def _make_key(folder: Path) -> None:
    if folder.exists():
        return
    folder.mkdir(parents=True)
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Ltd")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    valid = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(valid.sign(key, hashes.SHA256()).public_bytes(pem))
    plain, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, plain, none))
