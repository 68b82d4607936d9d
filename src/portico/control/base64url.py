"""Base64 as it stands in signed tokens and their keys: for addresses, and not filled up."""

from __future__ import annotations

import base64


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
