"""`bootstrap.json`: what Envoy reads once, at its start."""

from __future__ import annotations

from portico.router import counting
from portico.router.clusters import web_cluster
from portico.router.listener import listeners
from portico.router.routes import RouterConfig
from portico.router.xds import Json, extension, watched


def bootstrap_document(config: RouterConfig) -> Json:
    return {
        "node": {"id": "router", "cluster": "portico"},
        "admin": {"address": {"pipe": {"path": str(config.admin_socket), "mode": 0o600}}},
        "static_resources": {
            "listeners": listeners(config),
            "clusters": [web_cluster(config)],
        },
        "dynamic_resources": {"cds_config": watched(str(config.folder / "cds.json"))},
        # Figures per cluster would cost 32 MB at 1,000 apps, and count the waiting room's answers.
        "stats_config": {
            "stats_matcher": {"exclusion_list": {"patterns": [{"prefix": "cluster."}]}},
            "histogram_bucket_settings": [counting.buckets()],
        },
        "overload_manager": {"resource_monitors": [_connections(config.max_connections)]},
    }


def _connections(most: int) -> Json:
    return extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=most,
    )
