"""A real web behind a real router, with apps behind both and people who have signed in."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from portico.router.routes import AppRoute
from portico.wire import AppPlan, PathMode
from tests.control.running import Plan, Web, poll, web_process
from tests.router.running import EchoServer, Router, echo_server, eventually, running_router

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
PEOPLE = ("ada", "bob", "eve")
# Makes people and their sessions, as signing in does, without going through its pages.
SIGN_IN = """
import json, sys
from importlib import import_module
from portico.control.__main__ import set_up
set_up()
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from portico.control.access.deciding import Role
from portico.control.models.person import set_role
sessions = {}
for name in sys.argv[1:]:
    user, _ = User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
    set_role(user, Role.AUTHOR)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    sessions[name] = store.session_key
for group in ("staff", "secret"):
    Group.objects.get_or_create(name=group)[0].user_set.add(User.objects.get(username="bob"))
print(json.dumps(sessions))
"""

END_SESSION = """
from importlib import import_module
from portico.control.__main__ import set_up
set_up()
from django.conf import settings
import_module(settings.SESSION_ENGINE).SessionStore("{}").flush()
"""


@dataclass
class House:
    web: Web
    router: Router
    backend: EchoServer
    sessions: dict[str, str] = field(default_factory=dict)
    plans: dict[str, AppPlan] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.router.config.port}"

    def browser(self, person: str = "") -> httpx.Client:
        """Like a person's: it keeps cookies. It follows no redirect unless told to."""
        client = httpx.Client(base_url=self.url, headers=BROWSER, timeout=30)
        if person:
            client.cookies.set("portico_session", self.sessions[person], path="/-/")
        return client

    def script(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def sign_in(self, *people: str) -> None:
        """A new session for each."""
        done = subprocess.run(
            (sys.executable, "-c", SIGN_IN, *people),
            env=self.web.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.sessions |= json.loads(done.stdout.splitlines()[-1])

    def end_session(self, person: str) -> None:
        """As signing out does."""
        code = END_SESSION.format(self.sessions[person])
        done = subprocess.run(
            (sys.executable, "-c", code), env=self.web.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def make(self, name: str, **access: Any) -> None:
        """An app, and what an agent would tell the router of it."""
        assert self.web.api("POST", "/apps", json={"name": name}).status_code < 300
        self.share(name, **access)

    def share(self, name: str, **access: Any) -> None:
        if access:
            answer = self.web.api("PATCH", f"/apps/{name}/access", json=access)
            assert answer.status_code == 200, answer.text
        plan = Plan(self.web.agent)
        plan.poll()
        self.plans = {app.name: app for app in plan.apps.values() if app}
        self.route()

    def route(self) -> None:
        routes = [route for plan in self.plans.values() for route in app_routes(plan)]
        for route in routes:
            self.router.files.write_endpoints(route.cluster, [self.backend.backend])
        self.router.routes = routes
        self.router.publish()
        eventually(
            lambda: all(self.router.takes(r.cluster, self.backend.backend) for r in routes),
            "the apps' endpoints are taken",
        )

    def trust(self) -> None:
        self.router.files.write_keys(Plan(self.web.agent).poll().keys)

    def seen(self, answer: httpx.Response) -> dict[str, str]:
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert document["by"] == "app"
        headers: dict[str, str] = document["headers"]
        return headers


def app_routes(plan: AppPlan) -> Iterator[AppRoute]:
    for route in plan.routes:
        yield AppRoute(
            plan.id, plan.name, route.host, route.prefix, PathMode.OWN, public=route.public
        )


@contextlib.contextmanager
def house(**settings: str) -> Iterator[House]:
    """`closed` is ada's, open to the group staff; `members` to who has signed in; `open` to all."""
    with web_process(**settings) as web, echo_server("app") as backend:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        apps_host = settings.get("PORTICO_APPS_HOST", "")
        with running_router(web.runtime / "web" / "web.sock", apps_host=apps_host) as router:
            found = House(web, router, backend)
            found.trust()
            found.sign_in(*PEOPLE)
            found.make("closed", co_owners=["ada"], viewers=["group:staff"])
            found.make("members", access="signed-in")
            found.make("open", access="public")
            yield found
