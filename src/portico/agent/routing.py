"""Keeps the router's files in step: routes and clusters when apps come and go, endpoints at a switch."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from portico.agent.app import App
from portico.agent.certificates import Certificates
from portico.agent.host import endpoint_files_work
from portico.agent.observed import Target
from portico.agent.pauses import pause_after_error
from portico.agent.reconciling.targets import release_of
from portico.engines.engine import Endpoint
from portico.errors import PorticoError
from portico.layout import Layout, users
from portico.router.admin import RouterAdmin
from portico.router.files import CLUSTERS, ROUTES, RouterFiles
from portico.router.routes import GATE_COOKIE, AppRoute, Backend, Cluster, RouterConfig, Tls
from portico.settings import Settings, split_address
from portico.wire import PathMode, PublicKey, Route

log = logging.getLogger(__name__)

POLL = 0.002  # seconds, at least, between questions whether the router has taken a change
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
            apps_host=settings.apps_host if settings.apps_apart else "",
            gate_cookie=f"{settings.gate_cookie_prefix}{GATE_COOKIE}",
        )
        self._files = RouterFiles(config, users().router)
        self._certificates = _certificates(settings, self._files)
        self._following: asyncio.Task[None] | None = None
        self._admin = RouterAdmin(layout.router_admin)
        self._routes: dict[int, tuple[AppRoute, ...]] = {}
        self._routed: frozenset[Cluster] = frozenset()  # what the routes lead to
        self._beside: frozenset[Cluster] = frozenset()  # what they soon will, or just did
        self._written: frozenset[Cluster] = frozenset()
        self._read: dict[int, tuple[AppRoute, ...]] = {}  # the routes that the router has taken
        self._publishing = asyncio.Lock()
        self._publisher: asyncio.Task[None] | None = None
        self._keys: tuple[PublicKey, ...] = ()
        self._begun = False

    def begin(self) -> None:
        """All apps are known: the router may start."""
        self._write()
        self._read = dict(self._routes)
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

    async def send(self, app: App, target: Target | None, endpoints: Iterable[Endpoint]) -> bool:
        """Requests of the app go to these endpoints of that target, once the router has taken them.
        False: it runs and has not, so it has rejected them, or is far too busy.

        Endpoints first: with another path mode they have a cluster that no route leads to yet.
        """
        cluster = Cluster(app.id, _path_mode(app, target))
        backends = [Backend(endpoint.address, endpoint.port) for endpoint in endpoints]
        if self._begun and cluster not in self._routed:
            self._beside |= {cluster}
            self._write_clusters()
        taken = True
        if self._files.write_endpoints(cluster, backends) and self._begun:
            taken = await _until(lambda: self._admin.taken(cluster, backends))
        self._set(app, target)
        await self._published(app.id)
        self._forget_clusters(app.id, but=cluster)
        return taken or not await self._admin.ready()

    async def withdraw(self, app: App) -> None:
        """The app is gone. No route may lead to a cluster that is."""
        self._routes.pop(app.id, None)
        await self._published(app.id)
        self._forget_clusters(app.id)

    def _set(self, app: App, target: Target | None) -> None:
        routes = tuple(_app_route(app, target, route) for route in app.planned.routes)
        if self._routes.get(app.id) != routes:
            self._routes[app.id] = routes
            self._publish_soon()

    def _forget_clusters(self, app_id: int, but: Cluster | None = None) -> None:
        """Those of the app that no route leads to. A plan that came meanwhile may have brought the
        route of before back, so that it is not yet the one that was just switched to.
        """
        self._beside -= {c for c in self._beside if c.app_id == app_id and c != but}
        self._publish_soon()

    def _publish_soon(self) -> None:
        if self._is_due() and (self._publisher is None or self._publisher.done()):
            self._publisher = asyncio.create_task(self._publish_all())

    def _is_due(self) -> bool:
        clusters = self._routed | self._beside
        return self._begun and (self._routes != self._read or clusters != self._written)

    async def _publish_all(self) -> None:
        while self._is_due():
            try:
                await self._publish()
            except OSError as error:
                log.warning("the router's files could not be written: %s", error)
                await pause_after_error()

    async def _published(self, app_id: int) -> None:
        """The router has read this app's routes as they are now."""
        while self._begun and self._read.get(app_id) != self._routes.get(app_id):
            await self._publish()

    async def _publish(self) -> None:
        """Write what has changed, of all apps together, and wait until the router has read it.

        One version after another: the router reads every one that it is told of, and while it
        does, which with a thousand apps takes it some tenths of a second, it takes no endpoints.
        """
        async with self._publishing:
            if not self._is_due():
                return
            before = await self._files_read()
            routes = dict(self._routes)
            if changed := self._write():
                await _until(lambda: self._have_been_read(changed, before))
            self._read = routes

    def _write(self) -> set[str]:
        """The files that have changed. Clusters come before routes to them, and go after."""
        routed = frozenset(route.cluster for route in self._all_routes())
        self._beside = (self._beside | self._routed) - routed
        self._routed = routed
        changed = {CLUSTERS: self._write_clusters()}
        changed[ROUTES] = self._files.write_routes(self._all_routes())
        return {file for file, has_changed in changed.items() if has_changed}

    def _write_clusters(self) -> bool:
        clusters = self._routed | self._beside
        changed = self._files.write_clusters(clusters)
        if not self._written <= clusters:
            self._files.remove_endpoints()
        self._written = clusters
        return changed

    def _all_routes(self) -> list[AppRoute]:
        return [route for app in self._routes.values() for route in app]

    async def _files_read(self) -> dict[str, int]:
        with contextlib.suppress(PorticoError):  # it is away, and will read them when it is back
            if await self._admin.ready():
                return await self._admin.files_read()
        return {}

    async def _have_been_read(self, changed: set[str], before: dict[str, int]) -> bool:
        now = await self._files_read()
        return all(now.get(file, 0) > before.get(file, 0) for file in changed)


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


async def _until(question: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it came about in time. Envoy can only be asked what it has taken; with many apps the
    question itself takes it long.
    """
    asked = time.monotonic()
    deadline = asked + PATIENCE
    while not await question():
        took = time.monotonic() - asked
        await asyncio.sleep(max(POLL, took))
        if (asked := time.monotonic()) > deadline:
            return False
    return True
