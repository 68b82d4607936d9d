"""How large a request may be. Bodies are counted as they pass, never held."""

from __future__ import annotations

from portico.router.xds import Json, extension, typed

FILTER = "portico.limit"
_CHAIN = "extensions.filters.http.filter_chain.v3."


def filter_() -> Json:
    """Does nothing but on routes that say how much is allowed."""
    return extension(FILTER, f"{_CHAIN}FilterChainConfig") | {"disabled": True}


def of_route(max_request_bytes: int) -> Json:
    """413 at once when the declared length is too much, else as soon as too much has come."""
    if not max_request_bytes:
        return {}
    limit = extension(
        "envoy.filters.http.body_size_limit",
        "extensions.filters.http.body_size_limit.v3.BodySizeLimit",
        max_request_bytes=max_request_bytes,
    )
    chain = typed(f"{_CHAIN}FilterChainConfigPerRoute", filter_chain={"filters": [limit]})
    return {FILTER: chain}
