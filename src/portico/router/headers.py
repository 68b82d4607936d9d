"""Headers that are the platform's: taken from clients' requests, set for apps, kept from viewers.

The one place that lists them. docs/authors/paths.md tells authors of each.
"""

from __future__ import annotations

from portico.router.xds import Json, extension

# A client's copies of these are removed before anything else looks at the request.
PLATFORM = (
    "forwarded",
    "x-client-ip",
    "x-cluster-client-ip",
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
    "x-http-method-override",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-request-id",
    "x-rewrite-url",
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
)
PLATFORM_PREFIXES = ("x-envoy-", "x-portico-")
# With trusted proxies in front these are theirs; Envoy counts the hops.
OF_PROXIES_IN_FRONT = ("x-forwarded-for", "x-forwarded-proto")

# Envoy adds them itself, after the removal above.
OF_ENVOY = ["x-envoy-external-address", "x-envoy-internal"]

# It would clear the cookies of every app of the domain, and the portal's.
FORBIDDEN_IN_ANSWERS = ["clear-site-data"]


def early_removal(trusted_hops: int) -> Json:
    """The extension that removes clients' copies of the platform's headers."""
    names = PLATFORM if trusted_hops else (*PLATFORM, *OF_PROXIES_IN_FRONT)
    prefixes = [
        {"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in PLATFORM_PREFIXES
    ]
    return extension(
        "envoy.http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=[*({"remove": name} for name in names), *prefixes],
    )


def for_app(name: str, stripped_prefix: str, trusted_hops: int) -> list[Json]:
    """Set on an app's requests; `stripped_prefix` is '' when the app gets the full path."""
    added = [_set("x-portico-app", name)]  # tells the waiting room whose visitor it has
    if not trusted_hops:  # behind a proxy the public port is the proxy's, and unknown here
        added.append(_set("x-forwarded-port", "%DOWNSTREAM_LOCAL_PORT%"))
    if stripped_prefix:
        added += [
            _set("x-forwarded-prefix", stripped_prefix),
            _set("x-script-name", stripped_prefix),
        ]
    return added


def _set(name: str, value: str) -> Json:
    return {
        "header": {"key": name, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


# Set on every request, web's included. X-Forwarded-For is what Envoy has found out: the client's
# address alone, without what the client or a proxy made up before it.
FOR_EVERYBODY = [
    _set("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    _set("x-forwarded-host", "%REQ(:AUTHORITY)%"),
]
