"""Where requests go: a cluster per app and path mode (`cds.json`), its endpoints in a file of their own.

An app's waiting room, web, is the second priority of its endpoints: it answers when no process can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from portico.router import counting
from portico.router.routes import WEB, Backend, Cluster, RouterConfig
from portico.router.xds import Json, discovery, typed, watched

_MANY = 100_000


def endpoints_file(folder: Path, cluster: Cluster) -> Path:
    return endpoints_folder(folder) / f"{cluster.name}.json"


def endpoints_folder(folder: Path) -> Path:
    return folder / "eds"


def endpoints_document(config: RouterConfig, cluster: Cluster, backends: Iterable[Backend]) -> Json:
    """`eds/<cluster>.json`: what a deploy replaces."""
    assignment = _assignment(config, cluster.name, backends)
    return discovery([typed("config.endpoint.v3.ClusterLoadAssignment", **assignment)])


def clusters_document(
    config: RouterConfig,
    clusters: Iterable[Cluster],
    inline: Mapping[Cluster, tuple[Backend, ...]],
) -> Json:
    """`cds.json`. `inline` are all apps' endpoints, looked at where they have no files."""
    return discovery(
        typed("config.cluster.v3.Cluster", **_app_cluster(config, cluster, inline.get(cluster, ())))
        for cluster in sorted(set(clusters))
    )


def inline_endpoints(document: Json) -> dict[Cluster, tuple[Backend, ...]]:
    """The clusters of a `cds.json`, with the endpoints that stand in it."""
    return {
        Cluster.named(cluster["name"]): tuple(_backends(cluster))
        for cluster in document["resources"]
    }


def _backends(cluster: Json) -> Iterator[Backend]:
    for level in cluster.get("load_assignment", {}).get("endpoints", ()):
        for endpoint in level["lb_endpoints"]:
            if address := endpoint["endpoint"]["address"].get("socket_address"):
                yield Backend(address["address"], address["port_value"])


def web_cluster(config: RouterConfig) -> Json:
    """The one cluster that never changes."""
    endpoints = {"lb_endpoints": [_pipe(config.web_socket)]}
    return _cluster(WEB) | {
        "type": "STATIC",
        "load_assignment": {"cluster_name": WEB, "endpoints": [endpoints]},
    }


def _app_cluster(config: RouterConfig, cluster: Cluster, backends: tuple[Backend, ...]) -> Json:
    name = cluster.name
    if config.inline_endpoints:
        assignment = _assignment(config, name, backends)
        return _cluster(name) | {"type": "STATIC", "load_assignment": assignment}
    source = watched(str(endpoints_file(config.folder, cluster)))
    return _cluster(name) | {"type": "EDS", "eds_cluster_config": {"eds_config": source}}


def _assignment(config: RouterConfig, name: str, backends: Iterable[Backend]) -> Json:
    owner = {"metadata": counting.counted_for(Cluster.named(name).app_id)}
    processes = [_socket(backend) | owner for backend in sorted(set(backends), key=_order)]
    return {
        "cluster_name": name,
        "endpoints": [
            {"priority": 0, "lb_endpoints": processes},
            {"priority": 1, "lb_endpoints": [_pipe(config.web_socket)]},
        ],
    }


def _order(backend: Backend) -> tuple[str, int]:
    return backend.address, backend.port


def _socket(backend: Backend) -> Json:
    address = {"address": backend.address, "port_value": backend.port}
    return {"endpoint": {"address": {"socket_address": address}}}


def _pipe(path: Path) -> Json:
    return {"endpoint": {"address": {"pipe": {"path": str(path)}}}}


def _cluster(name: str) -> Json:
    options = "extensions.upstreams.http.v3.HttpProtocolOptions"
    return {
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {"thresholds": [_no_circuit_breaker()]},
        "typed_extension_protocol_options": {
            f"envoy.{options}": typed(
                options,
                # Before any server's own keep-alive limit, so that none closes a connection that
                # is just being used again.
                common_http_protocol_options={"idle_timeout": "1s"},
                explicit_http_config={"http_protocol_options": {}},
            )
        },
    }


def _no_circuit_breaker() -> Json:
    """An app that is slow makes its own viewers wait; the limit is that of all connections."""
    return {
        "max_connections": _MANY,
        "max_pending_requests": _MANY,
        "max_requests": _MANY,
        "max_retries": _MANY,
    }
