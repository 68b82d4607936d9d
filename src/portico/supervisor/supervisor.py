"""The supervisor's life: startup -> watch -> shutdown."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time

from portico.errors import PorticoError
from portico.layout import Layout, users
from portico.supervisor import access, folders, lock, probe, signals, sockets, state
from portico.supervisor.address import require_free
from portico.supervisor.ending import end_all
from portico.supervisor.first_link import taken_line
from portico.supervisor.logs import rotate
from portico.supervisor.processes import NAMES, ROUTER, Processes
from portico.supervisor.programs import Commands
from portico.supervisor.request import Inheritance, Request
from portico.supervisor.strays import end_strays
from portico.supervisor.succession import successor

COMMANDS = Commands()
PROBE = 0.5  # the longest that one look at readiness may hold up everything else
UNSETTLED_PAUSE = 0.05
SETTLED_PAUSE = 60.0  # only the logs' sizes are looked at so rarely
PATIENCE = 30.0  # seconds until a server that is not ready explains itself


class Supervisor:
    """Runs in the foreground; ends with the server."""

    def __init__(self, request: Request, commands: Commands = COMMANDS) -> None:
        self._request = request
        self._commands = commands
        self._options = request.resolve()
        self._layout = Layout(self._options.data)
        self._users = users()
        self._processes = Processes(self._options, self._users, commands, say)
        self._lock = -1
        self._restarts = 0
        self._ready = False
        self._compare_after: int | None = None  # when the router's files were written, at a restart
        self._complain_at = float("inf")
        self._saved: state.State | None = None
        self._stopping = False
        self._has_terminal = os.isatty(0)

    def run(self) -> None:
        """Start or take over everything, keep it running, end it when told to."""
        self._signals = signals.Signals()
        self._startup()
        while not self._stopping:
            self._act()
            self._sleep()
        end_all(self._processes, say)

    def end(self) -> None:
        """End what a dead supervisor has left running."""
        self._lock = lock.take(self._layout.lock)
        self._adopt(state.of_before(self._layout.supervisor_state, self._layout.data))
        end_all(self._processes, say)

    # --- startup ------------------------------------------------------------------------------

    def _startup(self) -> None:
        self._take_data_folder()
        _raise_file_limit()
        before = state.of_before(self._layout.supervisor_state, self._layout.data)
        self._adopt(before)
        self._require_free_port(before)
        folders.prepare(self._layout, self._users)
        self._prepare_sockets(before)
        self._prepare_router()
        if before is not None and self._must_restart(before):
            self._restart_children(before)
        self._complain_at = time.monotonic() + PATIENCE

    def _take_data_folder(self) -> None:
        if self._users.base is not None:
            access.require_readable_code(access.code_paths())
        folders.prepare_data_folder(self._layout, self._users)
        if self._users.base is not None:
            access.require_reachable_data(self._layout.data)
        if self._request.inherited:
            self._lock = self._request.inherited.lock
            os.set_inheritable(self._lock, False)
        else:
            self._lock = lock.take(self._layout.lock)

    def _adopt(self, before: state.State | None) -> None:
        """Take over what runs from before; what no record names is ended."""
        if before is not None:
            self._processes.adopt(before, time.monotonic())
        children = self._processes.children
        end_strays(self._layout.data, NAMES, {c.identity.pid for c in children.values()})
        if children and not self._request.inherited:
            say(f"Took over from before: {', '.join(children)}.")

    def _require_free_port(self, before: state.State | None) -> None:
        """Its own router may hold the port already."""
        listens = before.listen if before and ROUTER in self._processes.children else ""
        held = {each.rpartition(":")[2] for each in listens.split()}
        for address in self._options.addresses:
            if str(address.port) not in held:
                require_free(address)

    def _prepare_sockets(self, before: state.State | None) -> None:
        """The same sockets as before if they can be had, else new ones and a new web."""
        processes = self._processes
        if passed := self._request.inherited:
            numbers = {sockets.ROUTER: passed.router, sockets.AGENT: passed.agent}
            processes.sockets = sockets.inherited(numbers)
        elif before and processes.web.child:
            found = sockets.take_back(processes.web.child.pidfd, before.sockets)
            processes.sockets = found or {}
        if not processes.sockets:
            processes.sockets = sockets.open_all(self._layout, self._users)
            processes.web.replace(time.monotonic())

    def _prepare_router(self) -> None:
        """A router starts only from files that this agent has written."""
        if ROUTER not in self._processes.children:
            self._processes.router_files.command.unlink(missing_ok=True)

    def _must_restart(self, before: state.State) -> bool:
        asked = self._request.inherited is not None
        return asked or (before.listen, before.url) != self._address()

    def _restart_children(self, before: state.State) -> None:
        """New code and settings for web and agent; for the router its files decide."""
        self._restarts = before.restarts + 1
        self._compare_after = self._processes.router_files.written_at()
        self._processes.web.replace(time.monotonic())
        self._processes.agent.replace(time.monotonic())

    # --- watch --------------------------------------------------------------------------------

    def _act(self) -> None:
        """Everything that is due."""
        now = time.monotonic()
        self._compare_router(now)
        for keeper in self._processes.keepers:
            rotate(keeper.log)
            keeper.tick(now)
        self._save()
        if not self._ready and self._processes.all_run():
            self._look_whether_ready()
        if not self._ready and now >= self._complain_at:
            self._complain()

    def _sleep(self) -> None:
        """Until a signal, the end of a child, or the time at which something is due."""
        poll = select.poll()
        poll.register(self._signals.descriptor, select.POLLIN)
        for child in self._processes.children.values():
            poll.register(child.pidfd, select.POLLIN)
        poll.poll(self._pause() * 1000)
        for signum in self._signals.read():
            self._obey(signum)
        for keeper in self._processes.keepers:
            keeper.notice_end(time.monotonic())

    def _pause(self) -> float:
        """What depends on the agent's files or on web's start is looked at often."""
        waits_for_files = self._compare_after is not None or self._processes.router.child is None
        if waits_for_files or (not self._ready and self._processes.all_run()):
            return UNSETTLED_PAUSE
        dues = [keeper.due() for keeper in self._processes.keepers] + [self._complain_at]
        pauses = (due - time.monotonic() for due in dues if due is not None)
        return max(0.0, min(SETTLED_PAUSE, *pauses))

    def _obey(self, signum: int) -> None:
        hung_up = self._has_terminal and not os.isatty(0)
        if signum == signal.SIGHUP and not hung_up:
            self._restart()
        else:
            self._stopping = True

    def _restart(self) -> None:
        """Become a new image of this program, as it is installed now; no app stops for it."""
        try:
            self._options = self._request.resolve()
            self._require_free_port(self._saved)
            held = self._processes.sockets
            numbers = self._lock, held[sockets.ROUTER].fileno(), held[sockets.AGENT].fileno()
            for descriptor in numbers:
                os.set_inheritable(descriptor, True)
            python, *words = self._commands.supervisor
            argv = [successor(python), *words, *self._request.words(Inheritance(*numbers))]
            signals.hold_back()
            os.execv(argv[0], argv)  # noqa: S606 - there is no shell to want
        except (PorticoError, OSError) as error:
            signals.release()
            say(f"Not restarted. {error}")

    def _compare_router(self, now: float) -> None:
        """After a restart: a new router if the agent has written other files for it."""
        files = self._processes.router_files
        if self._compare_after in (None, files.written_at()):
            return
        self._compare_after = None
        if files.fingerprint() != self._processes.fingerprint:
            self._processes.router.replace(now)

    def _look_whether_ready(self) -> None:
        host = self._options.url.partition("://")[2].partition("/")[0]
        tls = self._options.tls is not None
        self._ready = probe.answers(self._options.listen, host, PROBE, tls=tls)
        if not self._ready:
            return
        self._complain_at = float("inf")
        self._save()
        say(f"Portico is ready at {self._options.url}")
        if self._options.listen.is_wildcard and self._options.url in map(
            self._options.listen.url, ("http", "https")
        ):
            say("Viewers know it by another name: say which with --url http://NAME:PORT.")
        with contextlib.suppress(OSError):
            if notice := self._layout.notice.read_text():
                say(notice)
        if link := taken_line(self._layout.first_link):
            say(f"Create the first administrator: {link}")

    def _complain(self) -> None:
        self._complain_at = float("inf")
        missing = [name for name in NAMES if name not in self._processes.children]
        found = f"not running: {', '.join(missing)}" if missing else "all processes run"
        say(
            f"Portico does not answer yet ({found}). It goes on trying; "
            f"what they print is in {self._layout.platform_logs}."
        )

    def _save(self) -> None:
        """For `portico server status`, and for the supervisor after this one."""
        listen, url = self._address()
        now = state.State(
            data=str(self._layout.data),
            url=url,
            listen=listen,
            restarts=self._restarts,
            ready=self._ready,
            failures=self._processes.failures(),
            children=self._processes.records(),
            sockets=sockets.records(self._processes.sockets),
        )
        if now == self._saved:
            return
        with contextlib.suppress(OSError):  # no room: tried again at the next occasion
            state.save(self._layout.supervisor_state, now)
            self._saved = now

    def _address(self) -> tuple[str, str]:
        return " ".join(each.listen for each in self._options.addresses), self._options.url


def say(line: str) -> None:
    """To whoever started the server, if they still listen."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def _raise_file_limit() -> None:
    """A connection costs the router two descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
