"""Keeps the router's files in step: routes and clusters when apps come and go, endpoints at a switch."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from portico.agent.app import App
from portico.agent.certificates import Certificates
from portico.agent.host import endpoint_files_work
from portico.agent.observed import Target
from portico.agent.reconcile import release_of
from portico.engines.engine import Endpoint
from portico.layout import Layout, users
from portico.router.admin import RouterAdmin
from portico.router.files import RouterFiles
from portico.router.routes import AppRoute, Backend, Cluster, RouterConfig, Tls
from portico.settings import Settings, split_address
from portico.wire import PathMode, PublicKey, Route

POLL = 0.002  # seconds between questions whether the router has taken a change
PATIENCE = 5.0  # after which it is believed to be away; it will read the files when it is back


class Routing:
    """Nothing is written before `begin`'s first plan: a running router must not lose its routes."""

    def __init__(self, layout: Layout, settings: Settings) -> None:
        host, port = settings.address
        config = RouterConfig(
            host=host,
            port=port,
            web_socket=layout.web_socket,
            admin_socket=layout.router_admin,
            folder=layout.router,
            trusted_hops=settings.trusted_hops,
            inline_endpoints=not endpoint_files_work(),
            concurrency=os.cpu_count() or 1,
            tls=_tls(settings),
        )
        self._files = RouterFiles(config, users().router)
        self._certificates = _certificates(settings, self._files)
        self._following: asyncio.Task[None] | None = None
        self._admin = RouterAdmin(layout.router_admin)
        self._routes: dict[int, tuple[AppRoute, ...]] = {}
        self._routed: frozenset[Cluster] = frozenset()  # what the routes lead to
        self._beside: frozenset[Cluster] = frozenset()  # what they soon will, or just did
        self._keys: tuple[PublicKey, ...] = ()
        self._flush_due = False
        self._begun = False

    def begin(self) -> None:
        """All apps are known: the router may start."""
        self._flush()
        self._files.remove_endpoints()
        self._begun = True
        self.trust(self._keys)
        if self._certificates is not None and self._following is None:
            self._certificates.look()
            self._following = asyncio.create_task(self._certificates.follow())
        self._files.write_bootstrap()

    def trust(self, keys: tuple[PublicKey, ...]) -> None:
        """What the gate verifies cookies with. None are known before the first plan."""
        self._keys = keys
        if self._begun and keys:
            self._files.write_keys(keys)

    def know(self, app: App) -> None:
        """The app's plan has changed; its routes follow, soon and together with other apps'."""
        self._set(app, app.state.serving)

    async def send(self, app: App, target: Target | None, endpoints: Iterable[Endpoint]) -> None:
        """Requests of the app go to these endpoints of that target, once the router has taken them.

        Endpoints first: with another path mode they have a cluster that no route leads to yet.
        """
        cluster = Cluster(app.id, _path_mode(app, target))
        backends = [Backend(endpoint.address, endpoint.port) for endpoint in endpoints]
        if self._begun and cluster not in self._routed:
            self._beside |= {cluster}
            self._files.write_clusters(self._routed | self._beside)
        if self._files.write_endpoints(cluster, backends) and self._begun:
            await _until(lambda: self._admin.taken(cluster, backends))
        self._set(app, target)
        await self._publish()
        self._forget_clusters(app.id, but=cluster)

    async def _publish(self) -> None:
        """Write the routes if they have changed, and wait until the router has read them."""
        if not (self._flush_due and self._begun):
            return
        self._flush_due = False  # or the count below would be taken after what it waits for
        try:
            before = await self._routes_read()
        finally:
            changed = self._flush()
        if changed:
            await _until(lambda: self._routes_read_since(before))

    def _forget_clusters(self, app_id: int, but: Cluster | None = None) -> None:
        """Those of the app that no route leads to. A plan that came meanwhile may have brought the
        route of before back, so that it is not yet the one that was just switched to.
        """
        left = frozenset(c for c in self._beside if c.app_id == app_id and c != but)
        if left:
            self._beside -= left
            self._files.write_clusters(self._routed | self._beside)
            self._files.remove_endpoints()

    async def withdraw(self, app: App) -> None:
        """The app is gone."""
        if self._routes.pop(app.id, None) is not None:
            self._files.write_routes(self._all_routes())  # none may lead to a cluster that is gone
            self._flush()
        self._forget_clusters(app.id)

    def _set(self, app: App, target: Target | None) -> None:
        routes = tuple(_app_route(app, target, route) for route in app.planned.routes)
        if self._routes.get(app.id) != routes:
            self._routes[app.id] = routes
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self._flush_if_due)

    def _flush_if_due(self) -> None:
        if self._flush_due and self._begun:
            self._flush()

    def _flush(self) -> bool:
        """Whether the routes have changed. Clusters come before routes to them, and go after."""
        self._flush_due = False
        routed = frozenset(route.cluster for route in self._all_routes())
        self._beside = (self._beside | self._routed) - routed
        self._routed = routed
        self._files.write_clusters(routed | self._beside)
        return self._files.write_routes(self._all_routes())

    def _all_routes(self) -> list[AppRoute]:
        return [route for app in self._routes.values() for route in app]

    async def _routes_read(self) -> int:
        return await self._admin.routes_read() if await self._admin.ready() else 0

    async def _routes_read_since(self, before: int) -> bool:
        return await self._routes_read() > before


def _tls(settings: Settings) -> Tls | None:
    if not settings.tls_cert:
        return None
    plain = split_address(settings.redirect_from) if settings.redirect_from else None
    port = urlsplit(settings.public_url).port or 443
    return Tls(port, plain, settings.hsts_seconds)


def _certificates(settings: Settings, files: RouterFiles) -> Certificates | None:
    if not settings.tls_cert:
        return None
    pair = Path(settings.tls_cert), Path(settings.tls_key)
    return Certificates(*pair, files.write_certificate)


def _app_route(app: App, target: Target | None, route: Route) -> AppRoute:
    return AppRoute(
        app_id=app.id,
        name=app.planned.name,
        host=route.host,
        prefix=route.prefix,
        path_mode=_path_mode(app, target),
        public=route.public,
        max_request_bytes=route.max_request_bytes,
        timeout=route.timeout,
        idle_timeout=route.idle_timeout,
    )


def _path_mode(app: App, target: Target | None) -> PathMode:
    """That of what serves; before the first release, that of the one on its way."""
    plan = app.planned
    release = release_of(plan, app.state, target) or (plan.deploy.release if plan.deploy else None)
    return (app.state.path_mode(release) if release else None) or PathMode.OWN


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE
    # Envoy can only be asked what it has taken.
    while not await question() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(POLL)
