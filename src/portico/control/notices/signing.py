"""How whoever takes a webhook's document knows that it comes from here, as Standard Webhooks says:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from portico.control.models.webhook import PREFIX


def headers(secret: str, name: str, seconds: int, body: bytes) -> dict[str, str]:
    """`name` is the same at each try of one delivery, `seconds` is the Unix time of this one."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{name}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
