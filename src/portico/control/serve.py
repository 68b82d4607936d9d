"""Web's life: prepare, serve two sockets on one event loop, end when told to."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.core.management import call_command

from portico.control import instance, sources
from portico.control.asgi import agent_application, router_application
from portico.control.encryption.check import require_keys
from portico.control.git import repositories
from portico.control.leaving import Leaving
from portico.control.models import App, Event, Notice, Visit, plan
from portico.control.models.signing_key import renew_keys
from portico.control.notices import running
from portico.control.streams.exchange import Application

GRACE = 10  # seconds for what runs when web is told to end


def serve() -> None:
    migrate()
    prepare()
    router, agent = inherited("PORTICO_ROUTER_FD"), inherited("PORTICO_AGENT_FD")
    asyncio.run(run(router, agent))


def migrate() -> None:
    """Bring the database up to date, one process at a time: two at once would make a table twice."""
    with (instance.layout().web / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", interactive=False, verbosity=0)
        require_keys()


def prepare() -> None:
    """Put web's files into order, and forget what only the process before this one knew."""
    instance.layout().sources.mkdir(mode=0o700, parents=True, exist_ok=True)
    repositories.prepare()
    repositories.sweep(set(App.objects.values_list("name", flat=True)))
    sources.sweep()
    App.follow_settings()
    renew_keys()
    Visit.forget_old()
    plan.forget_sessions()
    Event.prune()
    Notice.forget_old()
    leave_first_link()


def leave_first_link() -> None:
    """For the supervisor to print, as long as nobody can administer this server."""
    from portico.control.accounts.first_admin import new_link

    file = instance.layout().first_link
    file.unlink(missing_ok=True)
    if link := new_link():
        file.write_text(f"{link}\n")


def inherited(variable: str) -> socket.socket:
    """The listening socket that the supervisor holds, so that requests wait out a restart."""
    return socket.socket(fileno=int(os.environ.pop(variable)))


async def run(router: socket.socket, agent: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; then finish what runs, within bounds."""
    leaving = Leaving()
    applications = router_application(), agent_application()
    servers = [server(leaving.closing(application)) for application in applications]
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    end = asyncio.create_task(_end(told, leaving, servers), name="end")
    notices = asyncio.create_task(running.run(), name="notices")
    await asyncio.gather(
        servers[0].serve(sockets=[router]),
        servers[1].serve(sockets=[agent]),
    )
    end.cancel()
    notices.cancel()


async def _end(told: asyncio.Event, leaving: Leaving, servers: list[Server]) -> None:
    await told.wait()
    await leaving.leave(servers)


class Server(uvicorn.Server):
    """Leaves signals to `run`, which has two of these to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(application: Application) -> Server:
    return Server(
        uvicorn.Config(
            application,
            interface="asgi3",
            lifespan="off",
            http="h11",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            # Longer than the router keeps an idle connection, so that it never sends into a close.
            timeout_keep_alive=3600,
            timeout_graceful_shutdown=GRACE,
        )
    )
