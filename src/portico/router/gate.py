"""The gate: who may pass to an app. Routes of public apps and of the platform leave it out.

The cookie `portico_app` is verified here, and asks nobody. Without a good one `ext_authz` asks web,
which answers with another, or says what the visitor gets instead. While web cannot be asked, a
cookie that was good within the last minutes still is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from portico.router import cookies
from portico.router.xds import Json, discovery, extension, seconds, typed, watched
from portico.wire import PublicKey

IDENTITY = "portico.identity"
DECIDE = "portico.gate"
ASK = "envoy.filters.http.ext_authz"
WEB_AWAY = "portico.web-away"
# What follows is set on requests inside the router alone, and taken off before an app sees them.
QUESTION = "x-portico-gate"  # tells web which app it is about
UNANSWERED = "x-envoy-auth-failure-mode-allowed"
FOR_APPS = ["x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-portico-identity"]

_STALE_SECONDS = 600
_PATIENCE_SECONDS = 5.0  # web's restart takes two or three
_TRIES = 3
# What web needs to know of a request to answer for its app.
_SHOWN = (
    *("accept", "authorization", "cookie", "sec-fetch-dest", "sec-fetch-mode"),
    *("x-forwarded-proto", "x-request-id", "x-requested-with", QUESTION),
)
_REFUSAL = ("cache-control", "content-type", "location", "www-authenticate")


def filters(keys_file: Path, web: str, cookie: str) -> list[Json]:
    """In this order, switched on by routes of apps that are not public. `web`: its cluster."""
    decide = cookies.lua(DECIDE, "gate.lua", COOKIE=cookie)
    return [one | {"disabled": True} for one in (_identity(keys_file), decide, _ask(web), _away())]


def of_route() -> Json:
    """Switch them on. The script compares a cookie's app with the route's name."""
    on = typed("config.route.v3.FilterConfig", config={})
    return dict.fromkeys((IDENTITY, DECIDE, ASK, WEB_AWAY), on)


def keys_document(keys: Iterable[PublicKey], cookie: str) -> Json:
    """`gate.json`: how cookies are verified. It may change while the router runs."""
    known = [key.as_jwk() for key in keys]
    verify = typed(
        "extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        **(_verification(known, cookie) if known else {}),  # Envoy takes no empty list of keys
    )
    return discovery(
        [typed("config.core.v3.TypedExtensionConfig", name=IDENTITY, typed_config=verify)]
    )


def _verification(keys: list[dict[str, str]], cookie: str) -> Json:
    provider = {
        "local_jwks": {"inline_string": json.dumps({"keys": keys})},
        "from_cookies": [cookie],
        "forward": True,  # the cookie is taken out further on, with others
        "payload_in_metadata": "identity",
        # Whether it is fresh or stale is told apart by lua/gate.lua.
        "clock_skew_seconds": _STALE_SECONDS,
        "jwt_cache_config": {"jwt_cache_size": 1000},
    }
    any_of = [{"provider_name": "web"}, {"allow_missing_or_failed": {}}]
    rule = {"match": {"prefix": "/"}, "requires": {"requires_any": {"requirements": any_of}}}
    return {"providers": {"web": provider}, "rules": [rule]}


def _identity(keys_file: Path) -> Json:
    kind = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"
    found = {"config_source": watched(str(keys_file)), "type_urls": [kind]}
    return {"name": IDENTITY, "config_discovery": found}


def _ask(web: str) -> Json:
    return extension(
        ASK,
        "extensions.filters.http.ext_authz.v3.ExtAuthz",
        filter_enabled_metadata=_marked("good") | {"invert": True},
        # Let through marked as such; `_away` has the last word.
        failure_mode_allow=True,
        failure_mode_allow_header_add=True,
        allowed_headers={"patterns": [{"exact": name} for name in _SHOWN]},
        http_service={
            "server_uri": {
                "uri": "http://web",
                "cluster": web,
                "timeout": seconds(_PATIENCE_SECONDS),
            },
            # The question may be put twice, unlike what it is about.
            "retry_policy": {
                "retry_on": "connect-failure,refused-stream,reset",
                "num_retries": _TRIES,
                "retry_back_off": {"base_interval": "0.1s", "max_interval": "0.5s"},
            },
            "authorization_response": {
                "allowed_upstream_headers": {"patterns": [{"exact": name} for name in FOR_APPS]},
                "allowed_client_headers": {"patterns": [{"exact": name} for name in _REFUSAL]},
                "allowed_client_headers_on_success": {"patterns": [{"exact": "set-cookie"}]},
            },
        },
    )


def _away() -> Json:
    """Refuses who was let through because web could not be asked, unless their cookie is stale."""
    stale = {"sourced_metadata": {"metadata_matcher": _marked("stale")}}
    unanswered = {"header": {"name": UNANSWERED, "present_match": True}}
    policy = {"permissions": [unanswered], "principals": [{"not_id": stale}]}
    return extension(
        WEB_AWAY,
        "extensions.filters.http.rbac.v3.RBAC",
        rules={"action": "DENY", "policies": {"web-away": policy}},
    )


def _marked(word: str) -> Json:
    return {"filter": DECIDE, "path": [{"key": word}], "value": {"bool_match": True}}
