"""Requests that pages of another origin send by their visitor's browser.

Browsers say where a request comes from (Fetch Metadata). From elsewhere one may lead a visitor to a
page of the platform, by a link or a redirect, and a SAML provider may post its signed answer; nothing
else. It stands behind the CSRF tokens and the same-origin rules of browsers, not in their place:
browsers say nothing of it over plain http.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

OWN = ("same-origin", "none")  # none: typed, or a bookmark
FOR_EVERYBODY = ("/-/jwks.json",)
ANSWERS = re.compile("/-/accounts/saml/[^/]+/acs/")  # of SAML providers


def is_foreign(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """`method` is '' for a web socket. Scripts send none of the headers, and pass."""
    if headers.get("sec-fetch-site", "none") in OWN or path in FOR_EVERYBODY:
        return False
    leads_here = method in ("GET", "HEAD") or (method == "POST" and ANSWERS.fullmatch(path))
    return not (leads_here and headers.get("sec-fetch-mode") == "navigate")
