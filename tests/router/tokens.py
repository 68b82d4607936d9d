"""Signed identities as web makes them, with a key of their own."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from portico.wire import PublicKey


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    def __init__(self, kid: str = "0" * 16) -> None:
        self.kid = kid
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> PublicKey:
        numbers = self._key.public_key().public_numbers()
        x, y = (_coded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return PublicKey(kid=self.kid, x=x, y=y)

    def token(self, app: Any, *, seconds: float = 30, alg: str = "ES256", **claims: Any) -> str:
        said = {"app": app, "sub": "ada", "email": "ada@example.org", "groups": "staff,ops"}
        ends = int(time.time() + seconds)
        parts = ({"alg": alg, "kid": self.kid}, said | {"exp": ends} | claims)
        text = ".".join(_coded(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_coded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
