"""What the router is told, and the routes that follow from it (`rds.json`).

Routes are keyed by host, then by prefix in a tree, so that finding one takes the same time among
ten and among a thousand. Whatever belongs to no app goes to web.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from portico.router import cookies, gate, headers, limits
from portico.router.xds import Json, discovery, extension, seconds, typed
from portico.wire import PathMode

ROUTES = "portico"  # the name by which the listener asks for its routes
WEB = "web"  # web's cluster
NO_APP = 0  # the number that web is asked about where there is none
PLATFORM = "/-/"
ON_HOSTS_OF_APPS = ("/-/gate/", "/-/static/")  # all that there is of the platform
GATE_COOKIE = "portico_app"  # may have a prefix that browsers give a meaning
APP_NAME = "[a-z][a-z0-9-]*[a-z0-9]"

# Time for a process that restarts to listen again; of the ten, the last two go to the waiting room.
_TRIES = 10
_TRIES_BEFORE_WAITING_ROOM = 8
_WEB_IDLE_SECONDS = 3600.0


@dataclass(frozen=True)
class Backend:
    """Where a web process of an app listens; `address` is an IP address."""

    address: str
    port: int


@dataclass(frozen=True, order=True)
class Cluster:
    """The processes of an app that meet its prefix in one way.

    A release of another path mode gets another cluster: route and endpoints then change as one,
    and no request finds an old process under a new path.
    """

    app_id: int
    path_mode: PathMode

    @property
    def name(self) -> str:
        return f"app-{self.app_id}-{self.path_mode}"

    @classmethod
    def named(cls, name: str) -> Cluster:
        _, app_id, path_mode = name.split("-")
        return cls(int(app_id), PathMode(path_mode))


@dataclass(frozen=True)
class AppRoute:
    """One way to an app. An app that answers at several hosts or prefixes has several."""

    app_id: int
    name: str
    host: str  # without a port; '*' for any host that no other route names
    prefix: str  # '/name', or '' for an app with a host of its own
    path_mode: PathMode
    public: bool = False  # open to everybody: no gate in front
    max_request_bytes: int = 1 << 30  # 0: no limit
    timeout: float = 300.0  # seconds until the answer begins
    idle_timeout: float = 3600.0  # seconds without a byte; 0: none

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.app_id, self.path_mode)

    @property
    def root(self) -> str:
        """The app's path with the closing slash."""
        return f"{self.prefix}/"


@dataclass(frozen=True)
class Tls:
    """That the router speaks TLS; the certificate itself is in a file that may change."""

    public_port: int = 443  # of the address that viewers use
    plain: tuple[str, int] | None = None  # where plain HTTP is redirected from
    hsts_seconds: int = 0


@dataclass(frozen=True)
class RouterConfig:
    """Where the router listens, and what it finds where."""

    host: str  # an IP address, or 'localhost'
    port: int
    web_socket: Path
    admin_socket: Path
    folder: Path
    trusted_hops: int = 0
    inline_endpoints: bool = False  # in cds.json instead of a file per app
    concurrency: int = 2
    max_connections: int = 20_000
    tls: Tls | None = None
    apps_host: str = ""  # of apps alone; '*.' and a domain: each of its hosts is an app's
    gate_cookie: str = GATE_COOKIE


def routes_document(routes: Iterable[AppRoute], hsts_seconds: int = 0, apps_host: str = "") -> Json:
    """`rds.json`: a virtual host per host name, and one for all others.

    The one of apps is there before they are, and has those of their hosts that are no app's.
    """
    by_host: dict[str, list[AppRoute]] = {host: [] for host in ("*", apps_host) if host}
    for route in routes:
        by_host.setdefault(route.host, []).append(route)
    hosts = [_virtual_host(host, by_host[host]) for host in sorted(by_host)]
    route_configuration = typed(
        "config.route.v3.RouteConfiguration",
        name=ROUTES,
        virtual_hosts=hosts,
        ignore_port_in_host_matching=True,
        request_headers_to_add=headers.FOR_EVERYBODY,
        request_headers_to_remove=headers.OF_ENVOY,
        response_headers_to_add=headers.hsts(hsts_seconds),
    )
    return discovery([route_configuration])


def _virtual_host(host: str, routes: list[AppRoute]) -> Json:
    tree = {route.root: _action(_route_list(_to_app(route))) for route in routes}
    to_web = _to_web({"prefix": "/"})
    tree |= {path: _action(_route_list(to_web)) for path in (PLATFORM, *ON_HOSTS_OF_APPS)}
    if host != "*":
        # A sign-in page here would put a session within reach of apps' scripts.
        tree[PLATFORM] = _action(_route_list(_nothing()))
    return {
        "name": host,
        "domains": [host, *([host[2:]] if host.startswith("*.") else [])],
        # Of every app that has the usual limit: a thousand copies take long to read.
        "retry_policy": _retries_of_app(AppRoute.timeout),
        "matcher": {
            "matcher_tree": {
                "input": extension(
                    "path",
                    "type.matcher.v3.HttpRequestHeaderMatchInput",
                    header_name=":path",
                ),
                "prefix_match_map": {"map": dict(sorted(tree.items()))},
            },
            "on_no_match": _action(_route_list(_redirect(), _to_no_app(), to_web)),
        },
    }


def _route_list(*routes: Json) -> Json:
    return typed("config.route.v3.RouteList", routes=list(routes))


def _action(config: Json) -> Json:
    return {"action": {"name": "route", "typed_config": config}}


def _redirect() -> Json:
    """`/name` to `/name/`, if there is such an app or not; query and method stay."""
    path = {"pattern": {"regex": f"^/({APP_NAME})$"}, "substitution": r"/\1/"}
    return {
        "match": {"safe_regex": {"regex": f"/{APP_NAME}"}},
        "redirect": {"regex_rewrite": path, "response_code": "TEMPORARY_REDIRECT"},
    }


def _to_no_app() -> Json:
    """A name that no app has looks to strangers like one that is closed to them."""
    route = _to_web({"safe_regex": {"regex": f"/{APP_NAME}/.*"}})
    return route | {
        "name": str(NO_APP),
        "request_headers_to_remove": [gate.UNANSWERED],
        "typed_per_filter_config": gate.of_route(),
    }


def _nothing() -> Json:
    document = {
        "title": "There is nothing at this address.",
        "status": 404,
        "detail": "This host is for apps; sign-in and all other pages are on the server's own.",
        "hint": "Use the address that the operator of this server has given you.",
    }
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": 404, "body": {"inline_string": json.dumps(document)}},
        "response_headers_to_add": headers.PROBLEM,
    }


def _to_web(match: Json) -> Json:
    return {
        "match": match,
        "route": {
            "cluster": WEB,
            "timeout": "0s",
            "idle_timeout": seconds(_WEB_IDLE_SECONDS),
            "retry_policy": _retries(),
        },
    }


def _to_app(route: AppRoute) -> Json:
    stripped = route.path_mode is PathMode.STRIP and route.prefix
    return {
        "name": str(route.app_id),
        "match": {"prefix": route.root},
        "route": {
            "cluster": route.cluster.name,
            "timeout": "0s",  # for the whole answer; `per_try_timeout` runs only until it begins
            "idle_timeout": seconds(route.idle_timeout),
            **_own_retries(route.timeout),
            **({"prefix_rewrite": "/"} if stripped else {}),
        },
        "request_headers_to_add": headers.for_app(route.name, route.prefix if stripped else ""),
        "request_headers_to_remove": [] if route.public else [gate.QUESTION, gate.UNANSWERED],
        "typed_per_filter_config": {
            **({} if route.public else gate.of_route()),
            **limits.of_route(route.max_request_bytes),
            **cookies.of_route(route.root),
        },
    }


def _own_retries(timeout: float) -> Json:
    return {} if timeout == AppRoute.timeout else {"retry_policy": _retries_of_app(timeout)}


def _retries_of_app(timeout: float) -> Json:
    """`timeout` ends a try whose answer has not begun; that is not tried again."""
    waiting_room = _waiting_room_after(_TRIES_BEFORE_WAITING_ROOM)
    return _retries() | {"per_try_timeout": seconds(timeout)} | waiting_room


def _retries() -> Json:
    """Only what has certainly not been handled is tried again: never `reset` (a POST ran twice)."""
    return {
        "retry_on": "connect-failure,refused-stream,reset-before-request",
        "num_retries": _TRIES,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.25s"},
        # Another process first, if there is one: by chance alone one in 256 requests would meet a
        # dead one in eight tries running, and then the waiting room beside a process that answers.
        "retry_host_predicate": [
            extension(
                "envoy.retry_host_predicates.previous_hosts",
                "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
            )
        ],
        "host_selection_retry_max_attempts": _TRIES,
    }


def _waiting_room_after(tries: int) -> Json:
    return {
        "retry_priority": extension(
            "envoy.retry_priorities.previous_priorities",
            "extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            update_frequency=tries,
        )
    }
