"""Who an app's visitor is, in headers and in a signed token that is good for half a minute."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from portico.control import instance
from portico.control.base64url import encoded
from portico.control.callers import Caller
from portico.control.models import App, Share
from portico.control.models.signing_key import SigningKey, renew_keys

SECONDS = 30
HOUR = 3600
_NUMBER = 32  # bytes of each half of a signature


@dataclass(frozen=True)
class Identity:
    """`groups`: those of the person that the app's access names."""

    user: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()

    def headers(self) -> dict[str, str]:
        """All of them, also the empty ones: they replace what a cookie of before has set."""
        return {
            "x-forwarded-user": self.user,
            "x-forwarded-email": self.email,
            "x-forwarded-groups": ",".join(self.groups),
        }


def identity_of(caller: Caller, shares: Iterable[Share]) -> Identity:
    """`shares` are those of the app that is to be told."""
    own = {group.id for group in caller.person.groups}
    named = (share.group for share in shares if share.group_id in own)
    groups = sorted(group.name for group in named if group)
    return Identity(caller.user.username, caller.user.email, tuple(groups))


def claims(identity: Identity, app: App, now: float) -> dict[str, Any]:
    return {
        "iss": instance.server().public_url,
        "aud": app.name,
        # A name may be another app's tomorrow. The router goes by this.
        "app": app.pk,
        "sub": identity.user,
        "email": identity.email,
        "groups": ",".join(identity.groups),
        "iat": int(now),
        "exp": int(now) + SECONDS,
    }


def signed(identity: Identity, app: App) -> str:
    """A JSON web token (ES256)."""
    now = time.time()
    kid, key = _signer(int(now) // HOUR)
    head = _part({"alg": "ES256", "kid": kid, "typ": "JWT"})
    text = f"{head}.{_part(claims(identity, app, now))}"
    return f"{text}.{encoded(_signature(key, text.encode()))}"


@functools.lru_cache(maxsize=1)
def _signer(_hour: int) -> tuple[str, ec.EllipticCurvePrivateKey]:
    renew_keys()
    current = SigningKey.current()
    return current.kid, current.private_key


def _part(document: Mapping[str, Any]) -> str:
    return encoded(json.dumps(document, separators=(",", ":")).encode())


def _signature(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    numbers = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
    return b"".join(number.to_bytes(_NUMBER, "big") for number in numbers)
