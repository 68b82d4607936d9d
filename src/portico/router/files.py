"""The one place that writes the router's files: each whole, by renaming, and only when it changed.

The order that loses no request is the caller's: when an app comes, endpoints, clusters, routes;
when it goes, routes, clusters, endpoints. A deploy writes endpoints alone.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from portico.router.bootstrap import bootstrap_document
from portico.router.clusters import (
    clusters_document,
    endpoints_document,
    endpoints_file,
    endpoints_folder,
    inline_endpoints,
)
from portico.router.envoy import BOOTSTRAP, COMMAND, command
from portico.router.gate import keys_document
from portico.router.routes import AppRoute, Backend, Cluster, RouterConfig, routes_document
from portico.router.tls import certificate_document
from portico.router.xds import Json, discovery
from portico.wire import PublicKey

CLUSTERS = "cds.json"
ROUTES = "rds.json"
KEYS = "gate.json"
CERTIFICATE = "tls.json"


class RouterFiles:
    """The folder that Envoy watches. `gid` is the router's group, None when all is one user's.

    Every method that writes says whether anything changed.
    """

    def __init__(self, config: RouterConfig, gid: int | None) -> None:
        self._config = config
        self._gid = gid
        self._backends = self._of_before()
        self._clusters = tuple(self._backends)

    def write_bootstrap(self) -> bool:
        """What Envoy needs to start; `command.json`, its list of arguments, comes last."""
        for name, document in (
            (CLUSTERS, clusters_document(self._config, (), {})),
            (ROUTES, self._routes_document(())),
            (KEYS, keys_document((), self._config.gate_cookie)),
            *([(CERTIFICATE, discovery(()))] if self._config.tls else []),
        ):
            if not (self._config.folder / name).exists():
                self._write(self._config.folder / name, document)
        changed = self._write(self._config.folder / BOOTSTRAP, bootstrap_document(self._config))
        return self._write(self._config.folder / COMMAND, command(self._config)) or changed

    def write_endpoints(self, cluster: Cluster, backends: Iterable[Backend]) -> bool:
        """Where an app's processes listen; none: its visitors get the waiting room.

        With inline endpoints they are only remembered until there is that cluster.
        """
        self._backends[cluster] = tuple(backends)
        if self._config.inline_endpoints:
            return self.write_clusters(self._clusters)
        return self._write_endpoints_file(cluster)

    def write_clusters(self, clusters: Iterable[Cluster]) -> bool:
        """Which there are. A new one without endpoints begins with the waiting room."""
        self._clusters = tuple(clusters)
        if not self._config.inline_endpoints:
            for cluster in self._clusters:
                if not endpoints_file(self._config.folder, cluster).exists():
                    self._write_endpoints_file(cluster)
        document = clusters_document(self._config, self._clusters, self._backends)
        return self._write(self._config.folder / CLUSTERS, document)

    def write_routes(self, routes: Iterable[AppRoute]) -> bool:
        """How apps are reached. Each needs its cluster to be there already."""
        return self._write(self._config.folder / ROUTES, self._routes_document(routes))

    def write_certificate(self, chain: str, key: str) -> bool:
        """Both in one file, so that they change as one."""
        return self._write(self._config.folder / CERTIFICATE, certificate_document(chain, key))

    def write_keys(self, keys: Iterable[PublicKey]) -> bool:
        """What the gate verifies cookies with."""
        document = keys_document(keys, self._config.gate_cookie)
        return self._write(self._config.folder / KEYS, document)

    def remove_endpoints(self) -> None:
        """Forget the endpoints of clusters that there are not any more."""
        self._backends = {c: self._backends[c] for c in self._clusters if c in self._backends}
        kept = {endpoints_file(self._config.folder, cluster) for cluster in self._clusters}
        for file in endpoints_folder(self._config.folder).glob("*.json"):
            if file not in kept:
                file.unlink()

    def _routes_document(self, routes: Iterable[AppRoute]) -> Json:
        tls = self._config.tls
        return routes_document(routes, tls.hsts_seconds if tls else 0, self._config.apps_host)

    def _of_before(self) -> dict[Cluster, tuple[Backend, ...]]:
        """What an agent before this one wrote: a running router must not lose it."""
        try:
            return inline_endpoints(json.loads((self._config.folder / CLUSTERS).read_bytes()))
        except (FileNotFoundError, ValueError):  # ValueError: cut off by the machine's crash
            return {}

    def _write_endpoints_file(self, cluster: Cluster) -> bool:
        self._make_endpoints_folder()
        document = endpoints_document(self._config, cluster, self._backends.get(cluster, ()))
        return self._write(endpoints_file(self._config.folder, cluster), document)

    def _make_endpoints_folder(self) -> None:
        folder = endpoints_folder(self._config.folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != 0o750:  # new, or an agent died in between
            self._give(folder, 0o750)

    def _write(self, path: Path, document: object) -> bool:
        content = json.dumps(document, separators=(",", ":")).encode()
        if path.exists() and path.read_bytes() == content:
            return False
        # Not in eds/: Envoy has a watch on that folder for each app, and would wake for every one.
        new = self._config.folder / f".{path.name}.new"
        new.write_bytes(content)
        self._give(new, 0o640)
        new.replace(path)
        return True

    def _give(self, path: Path, mode: int) -> None:
        if self._gid is not None:
            os.chown(path, -1, self._gid)
        path.chmod(mode)
