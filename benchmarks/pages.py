"""How long the portal takes with a thousand apps, for somebody who has signed in and for strangers."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx

from benchmarks.results import Figure, median, spread
from benchmarks.server import Server
from tests.signing_in import session_key

RUNS = 20
BUDGET = 150.0  # ms
# Straight into the database: the API would take longer to make them than all of it to be measured.
FILL = """
import sys
import django
django.setup()
from django.contrib.auth.models import User
from portico.control.models import App, Build, Process, Release, Source
owner = User.objects.get(username=sys.argv[1])
apps = App.objects.bulk_create(
    App(name=f"app-{n}", owner=owner, access="public", listed=True, title=f"App number {n}",
        description="What it is good for, in a sentence or two. " * 3, tags=["bench", f"tag-{n % 20}"])
    for n in range(1000)
)
source = Source.objects.create(sha256="0" * 64, size=1)
result = {"slug": {"build": 1}, "processes": {"web": "x"}}
builds = Build.objects.bulk_create(Build(app=app, source=source, result=result) for app in apps)
releases = Release.objects.bulk_create(
    Release(app=build.app, version=1, build=build, state="live", description="x") for build in builds
)
for release in releases:
    release.app.current = release
App.objects.bulk_update([release.app for release in releases], ["current"])
Process.objects.bulk_create(
    Process(app=app, name="web.1", state="running", release=1, since=1) for app in apps
)
"""


def figures(server: Server) -> list[Figure]:
    environment = {
        **server.environment,
        "PORTICO_DATA": str(server.data),
        "DJANGO_SETTINGS_MODULE": "portico.control.settings",
    }
    (person,) = {app["user"] for app in server.listing("tokens")}
    subprocess.run((sys.executable, "-c", FILL, person), env=environment, check=True)
    signed_in = {"portico_session": session_key(environment, person)}
    return [
        _portal(server, "signed in", signed_in),
        _portal(server, "a stranger", {}),
        _portal(server, "signed in, a search", signed_in, "?q=number+77"),
    ]


def _portal(server: Server, who: str, cookies: dict[str, str], query: str = "") -> Figure:
    with httpx.Client(base_url=server.url, cookies=cookies) as client:
        _timed(client, query)  # templates are read at the first
        times = [_timed(client, query) for _ in range(RUNS)]
    return Figure(
        f"portal with 1,000 apps, {who}", median(times), "ms", BUDGET, beside=f"{spread(times)} ms"
    )


def _timed(client: httpx.Client, query: str) -> float:
    start = time.perf_counter()
    answer = client.get(f"/-/portal/{query}")
    taken = (time.perf_counter() - start) * 1000
    if answer.status_code != 200 or "App number" not in answer.text:
        raise SystemExit(f"The portal answered {answer.status_code}.")
    return taken
