"""Headers that are the platform's: taken from clients' requests, set for apps, kept from viewers.

The one place that lists them. docs/authors/paths.md tells authors of each.
"""

from __future__ import annotations

from portico.router.xds import Json, extension

# A client's copies of these are removed before anything else looks at the request.
PLATFORM_PREFIXES = ("x-envoy-", "x-original-", "x-portico-")
PLATFORM = (
    "forwarded",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-http-method-override",
    "x-real-ip",
    "x-request-id",
    "x-rewrite-url",
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
)
FORWARDED_PREFIX = "x-forwarded"
FORWARDED = (
    "x-forwarded",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-host",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-uri",
    "x-forwarded-user",
)
# Envoy adds them itself, after the removal above.
OF_ENVOY = ["x-envoy-external-address", "x-envoy-internal"]


def early_removal(trusted_hops: int) -> Json:
    """The extension that removes clients' copies of the platform's headers."""
    # Behind proxies X-Forwarded-For and -Proto are theirs, so the others are named one by one.
    prefixes = (*PLATFORM_PREFIXES, *(() if trusted_hops else (FORWARDED_PREFIX,)))
    names = (*PLATFORM, *(FORWARDED if trusted_hops else ()))
    return extension(
        "envoy.http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=[
            *({"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in prefixes),
            *({"remove": name} for name in names),
        ],
    )


def for_app(name: str, stripped_prefix: str) -> list[Json]:
    """Set on an app's requests; `stripped_prefix` is '' when the app gets the full path."""
    added = [_add("x-portico-app", name)]  # tells the waiting room whose visitor it has
    if stripped_prefix:
        added += [
            _add("x-forwarded-prefix", stripped_prefix),
            _add("x-script-name", stripped_prefix),
        ]
    return added


def _add(name: str, value: str) -> Json:
    """Cheaper than replacing, and the same: none is left to be added to."""
    return {
        "header": {"key": name, "value": value},
        "append_action": "APPEND_IF_EXISTS_OR_ADD",
    }


def _set(name: str, value: str) -> Json:
    return {
        "header": {"key": name, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def hsts(seconds: int) -> list[Json]:
    """On every answer, apps' included: it is one for the whole host."""
    return [_set("strict-transport-security", f"max-age={seconds}")] if seconds else []


PROBLEM = [_set("content-type", "application/problem+json")]

# Set on every request, web's included. X-Forwarded-For is what Envoy has found out: the client's
# address alone, without what the client or a proxy made up before it.
FOR_EVERYBODY = [
    _set("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    _set("x-forwarded-host", "%REQ(:AUTHORITY)%"),
]
