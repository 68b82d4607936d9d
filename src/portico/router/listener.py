"""The listeners: what is done with every request before and after its route is known.

They never change while the router runs: a changed listener would drain all connections.
"""

from __future__ import annotations

import ipaddress

from portico.errors import PorticoError
from portico.router import cookies, counting, gate, headers, limits, problems, tls
from portico.router.routes import ROUTES, WEB, RouterConfig, Tls
from portico.router.xds import Json, extension, watched

_MANAGER = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
# What Envoy's guide for servers at the edge advises, with room to retry a form's POST.
_BUFFER_BYTES = 256 << 10


def listeners(config: RouterConfig) -> list[Json]:
    """For HTTP/1.1 and HTTP/2, with TLS or without; with it perhaps one that redirects to it."""
    main = _listener("viewers", config.host, config.port, _manager(config))
    if config.tls is None:
        return [main]
    main["filter_chains"][0]["transport_socket"] = tls.transport_socket(config.folder / "tls.json")
    plain = config.tls.plain
    redirect = [_listener("plain", *plain, _redirecting(config.tls))] if plain else []
    return [main, *redirect]


def _listener(name: str, host: str, port: int, manager: Json) -> Json:
    return {
        "name": name,
        "address": {"socket_address": _address(host, port)},
        "per_connection_buffer_limit_bytes": _BUFFER_BYTES,
        "filter_chains": [{"filters": [manager]}],
    }


def _redirecting(to: Tls) -> Json:
    return extension(
        "envoy.filters.network.http_connection_manager",
        _MANAGER,
        stat_prefix="plain",
        route_config=tls.redirecting(to.public_port),
        http_filters=[_router()],
        **_paths(),
        **_bounds(),
    )


def _address(given: str, port: int) -> Json:
    host = "127.0.0.1" if given == "localhost" else given
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        raise PorticoError(
            "The address to listen on is not an IP address.",
            f"It is {given!r}.",
            "Give an address of this machine, or 0.0.0.0 for all of them: --listen 0.0.0.0:8000.",
        ) from None
    both = {"ipv4_compat": True} if ip == ipaddress.ip_address("::") else {}
    return {"address": str(ip), "port_value": port, **both}


def _manager(config: RouterConfig) -> Json:
    keepers = gate.filters(config.folder / "gate.json", WEB, config.gate_cookie)
    guards, router = cookies.filters(), _router()
    return extension(
        "envoy.filters.network.http_connection_manager",
        _MANAGER,
        stat_prefix="viewers",
        rds={
            "route_config_name": ROUTES,
            "config_source": watched(str(config.folder / "rds.json")),
        },
        http_filters=[*keepers, limits.filter_(), *guards, router],
        # What passes through a web socket is no request body, so nothing limits it.
        upgrade_configs=[{"upgrade_type": "websocket", "filters": [*keepers, *guards, router]}],
        local_reply_config=problems.local_replies(),
        access_log=[counting.access_log()],
        **_identity(config),
        **_paths(),
        **_bounds(),
    )


def _router() -> Json:
    return extension(
        "envoy.filters.http.router",
        "extensions.filters.http.router.v3.Router",
        suppress_envoy_headers=True,
        dynamic_stats=False,  # per cluster and status: nothing keeps or reads them
    )


def _identity(config: RouterConfig) -> Json:
    """Who asks: Envoy finds out, clients' own claims are gone before."""
    return {
        "use_remote_address": True,
        "skip_xff_append": True,
        # Behind a proxy the public port is the proxy's, and unknown here.
        "append_x_forwarded_port": not config.trusted_hops,
        "xff_num_trusted_hops": config.trusted_hops,
        "internal_address_config": {"unix_sockets": False},
        "generate_request_id": True,
        "early_header_mutation_extensions": [headers.early_removal(config.trusted_hops)],
        "server_header_transformation": "PASS_THROUGH",
    }


def _paths() -> Json:
    """One spelling of each path, so that none gets around its route."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "strip_trailing_host_dot": True,
    }


def _bounds() -> Json:
    """Slow headers are cut off; bodies and answers may take their time (routes say how long)."""
    return {
        "common_http_protocol_options": {
            "headers_with_underscores_action": "DROP_HEADER",
            "idle_timeout": "3600s",
        },
        # nginx in front speaks 1.0 unless told otherwise.
        "http_protocol_options": {"accept_http_10": True},
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 64 << 10,
            "initial_connection_window_size": 1 << 20,
        },
        "request_headers_timeout": "30s",
        "request_timeout": "0s",
        "stream_idle_timeout": "3600s",
    }
