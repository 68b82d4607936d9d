"""`python -m portico.agent`: SIGTERM leaves the apps running, SIGINT ends them first.

`--end` ends what an agent before this one left running; `--doctor` prints the machine's
protections as JSON lines; `--disk` what lies in the data folder, as JSON; `--machine` all that the
agent tells web of the machine, seen from where it stands.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from portico.agent.agent import Agent
from portico.agent.build_queue import BuildQueue
from portico.agent.cleaning.contents import contents
from portico.agent.deploys import Deploys
from portico.agent.examining.examiner import Examiner, program
from portico.agent.host import raise_limits
from portico.agent.log_drains import LogDrains
from portico.agent.logs import Logs
from portico.agent.looks import Looks
from portico.agent.perform import Performer
from portico.agent.processes import Processes
from portico.agent.routing import Routing
from portico.agent.sessions import Sessions
from portico.agent.threads import ready_threads
from portico.agent.web import Web
from portico.engines.local import LocalEngine, subordinate
from portico.engines.local.user_namespaces.idmap import NoIds
from portico.engines.protections.measuring import protections
from portico.examination import Part
from portico.layout import Layout
from portico.router.admin import RouterAdmin
from portico.settings import Settings

log = logging.getLogger("portico.agent")


def main() -> None:
    """Read the arguments and do what they say."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = Settings(data=Path(os.environ["PORTICO_DATA"]))
    if arguments.machine is not None:
        _machine(settings, arguments.machine)
        return
    # While there is one thread: only such a process can change its user namespace.
    no_ids = subordinate.enter(Layout(settings.data))
    if arguments.doctor:
        _doctor(settings, no_ids)
    elif arguments.disk:
        _disk(Layout(settings.data))
    else:
        if no_ids:
            log.warning("All apps run as the server's user. %s %s", no_ids.found, no_ids.hint)
        asyncio.run(_serve(settings, no_ids, end=arguments.end))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="portico.agent")
    parser.add_argument("--end", action="store_true", help="end all apps, then exit")
    parser.add_argument("--doctor", action="store_true", help="print the protections, then exit")
    parser.add_argument("--disk", action="store_true", help="print what takes the disk, then exit")
    parser.add_argument(
        "--machine", metavar="NO_IDS", help="why there are no ids for apps, as JSON; then exit"
    )
    return parser.parse_args()


def _doctor(settings: Settings, no_ids: NoIds | None) -> None:
    for protection in protections(settings.data, no_ids):
        print(json.dumps(asdict(protection)))


def _disk(layout: Layout) -> None:
    """Some names in it are an app's, of any bytes."""
    text = json.dumps(asdict(contents(layout)), ensure_ascii=False)
    print(text.encode(errors="replace").decode())


def _machine(settings: Settings, no_ids: str) -> None:
    """In the namespace of the agent that has started it."""
    from portico.agent.examining.machine import machine  # not in the agent, which lives long

    # As an exception it lets trials remove what they have made.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    why = json.loads(no_ids)
    print(machine(settings, NoIds(**why) if why else None).model_dump_json())


async def _serve(settings: Settings, no_ids: NoIds | None, *, end: bool) -> None:
    layout = Layout(settings.data)
    raise_limits(layout)
    asyncio.get_running_loop().set_default_executor(ready_threads())
    logs = Logs(layout, settings)
    engine = LocalEngine(layout, settings, logs)
    async with Web(layout.agent_socket) as web, RouterAdmin(layout.router_admin) as router:
        builds = BuildQueue(layout, settings, engine, web)
        examiner = Examiner(web, _programs(no_ids))
        agent = _assemble(layout, settings, engine, logs, web, builds, examiner)
        if end:
            await _end(agent, engine)
            return
        layout.notice.write_text(engine.notice)
        stop, end_apps = _signals()
        cleaning = asyncio.create_task(builds.cleaner.run(), name="cleaning")
        looks = Looks(engine, router, web, logs, agent.apps)
        looking = asyncio.create_task(looks.run(agent.has_plan), name="looking")
        examining = asyncio.create_task(examiner.run(), name="examining")
        await agent.run(stop)
        for task in (cleaning, looking, examining):
            task.cancel()
        await asyncio.wait([examining])  # it ends what it has started
        if end_apps.is_set():
            await _end(agent, engine)


def _programs(no_ids: NoIds | None) -> dict[Part, tuple[str, ...]]:
    why = json.dumps(asdict(no_ids) if no_ids else None)
    return {Part.MACHINE: program("--machine", why), Part.DISK: program("--disk")}


async def _end(agent: Agent, engine: LocalEngine) -> None:
    await agent.end_apps()
    await engine.give_back()


def _assemble(
    layout: Layout,
    settings: Settings,
    engine: LocalEngine,
    logs: Logs,
    web: Web,
    builds: BuildQueue,
    examiner: Examiner,
) -> Agent:
    routing = Routing(layout, settings)
    agent = Agent(layout, engine, web, routing, examiner.ask)
    sessions = Sessions(engine, logs, web)
    deploys = Deploys(layout, settings, engine, logs, builds, agent.changed)
    processes = Processes(engine, logs, deploys, agent.changed)
    log_drains = LogDrains(layout, engine, logs)
    agent.use(Performer(layout, engine, routing, builds, sessions, deploys, processes, log_drains))
    return agent


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    stop, end_apps = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def end() -> None:
        end_apps.set()
        stop.set()

    loop.add_signal_handler(signal.SIGINT, end)
    return stop, end_apps


if __name__ == "__main__":
    main()
