"""Web, agent and router: what each is started with, and that all of them run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from portico.layout import Layout, Users
from portico.supervisor import sockets, state
from portico.supervisor.child import Child
from portico.supervisor.environment import of_child
from portico.supervisor.keeper import Keeper
from portico.supervisor.options import Options
from portico.supervisor.programs import Commands, Program, RouterFiles, as_user

WEB, AGENT, ROUTER = NAMES = ("web", "agent", "router")


class Processes:
    """The three keepers, web's sockets, and the files that the router was started from."""

    def __init__(
        self, options: Options, users: Users, commands: Commands, say: Callable[[str], None]
    ) -> None:
        self.options = options
        self.layout = Layout(options.data)
        self.users = users
        self.sockets: sockets.Sockets = {}
        self.router_files = RouterFiles.of(self.layout)
        self.fingerprint = ""
        self._commands = commands
        logs = self.layout.platform_logs
        self.web = Keeper(WEB, self._web_program, logs / "web.log", say)
        self.agent = Keeper(AGENT, self._agent_program, logs / "agent.log", say)
        self.router = Keeper(ROUTER, self._router_program, logs / "router.log", say)

    @property
    def keepers(self) -> tuple[Keeper, Keeper, Keeper]:
        return self.web, self.agent, self.router

    @property
    def children(self) -> dict[str, Child]:
        return {keeper.name: keeper.child for keeper in self.keepers if keeper.child}

    def all_run(self) -> bool:
        """Also that none of them is being replaced."""
        settled = not any(keeper.replacing for keeper in self.keepers)
        return settled and len(self.children) == len(NAMES)

    def adopt(self, before: state.State, now: float) -> None:
        """Take over what is recorded and still runs."""
        for keeper in self.keepers:
            record = before.children.get(keeper.name)
            if record and (child := Child.adopt(record.identity)):
                keeper.adopt(child, now)
        if ROUTER in self.children:
            self.fingerprint = before.children[ROUTER].fingerprint

    def records(self) -> dict[str, state.Record]:
        """What a later supervisor needs to take them over."""
        found = {
            name: state.Record(child.identity.pid, child.identity.start)
            for name, child in self.children.items()
        }
        if ROUTER in found:
            found[ROUTER] = replace(found[ROUTER], fingerprint=self.fingerprint)
        return found

    def failures(self) -> int:
        """How often one of them has ended unasked, under this supervisor."""
        return sum(keeper.failures for keeper in self.keepers)

    def end_program(self) -> Program:
        """An agent that does nothing but end the apps that one before it has left."""
        return Program(AGENT, self._commands.end, self._environment(AGENT))

    def _web_program(self) -> Program:
        numbers = {name: held.fileno() for name, held in self.sockets.items()}
        environment = self._environment(WEB) | {
            # The operator's home: unreadable to web's user, and full of unwanted git settings.
            "HOME": str(self.layout.web),
            **{sockets.VARIABLES[name]: str(number) for name, number in numbers.items()},
        }
        argv = as_user(self.users.web, self._commands.web)
        return Program(WEB, argv, environment, tuple(numbers.values()))

    def _agent_program(self) -> Program:
        return Program(AGENT, self._commands.agent, self._environment(AGENT))

    def _router_program(self) -> Program | None:
        argv = self.router_files.argv()
        if argv is None:
            return None
        self.fingerprint = self.router_files.fingerprint()
        low_ports = any(address.port < 1024 for address in self.options.addresses)
        environment = self._environment(ROUTER) | {"HOME": str(self.layout.router_admin.parent)}
        argv = as_user(self.users.router, argv, low_ports=low_ports)
        return Program(ROUTER, argv, environment)

    def _environment(self, name: str) -> dict[str, str]:
        return of_child(os.environ, self.options, self.layout.runtime, name)
