"""The steps of a deploy that are not processes: the build, the release command, the deploy's log."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from portico.agent import events, slugs, state
from portico.agent.actions import BuildSlug, CancelDeploy, EndLogs, FailDeploy, RunReleaseCommand
from portico.agent.app import App
from portico.agent.build_queue import BuildQueue
from portico.agent.launching import one_off_launch
from portico.agent.limits import limits_of, words_of_end, words_of_exit
from portico.agent.limits import release_command_failed as out_of_memory
from portico.agent.logs import Logs
from portico.agent.masking import MaskedLines, mask_of, masked_problem, masked_result
from portico.agent.observed import Target
from portico.agent.reconciling.deploy import UNKNOWN_RESULT
from portico.builder.lessons import NOTHING_KNOWN, Context, lesson
from portico.engines.engine import Attached, Engine, Exit, LineSink
from portico.engines.lines import LineSplitter
from portico.errors import PorticoError
from portico.layout import Layout
from portico.secret_values import Mask
from portico.settings import Settings
from portico.wire import DeployState, Problem, Release

Changed = Callable[[App], None]
LAST_LINES = 40
CUT_SHORT = "Portico was restarted before this log was complete. What ran then is not run again."


class Deploys:
    """Carries out a deploy's steps and tells its log."""

    def __init__(
        self,
        layout: Layout,
        settings: Settings,
        engine: Engine,
        logs: Logs,
        builds: BuildQueue,
        changed: Changed,
    ) -> None:
        self._layout = layout
        self._settings = settings
        self._engine = engine
        self._logs = logs
        self._builds = builds
        self._changed = changed

    async def build(self, app: App, action: BuildSlug) -> None:
        plan = app.planned
        events.deploy_began(app.state, DeployState.BUILDING)
        self._changed(app)
        try:
            with self._log(app, action.deploy) as log:
                result = await self._builds.build(plan, action.build, log)
        except (PorticoError, OSError) as error:
            self._fail(app, action.deploy, problem_of(error))
        else:
            events.built(app.state, masked_result(result, self._mask(app)))

    async def run_release_command(self, app: App, action: RunReleaseCommand) -> None:
        """Once: that it began is on disk before it does."""
        problem = UNKNOWN_RESULT
        try:
            events.release_command_began(app.state)
            state.save(self._layout, app.state)
            self._changed(app)
            last: deque[str] = deque(maxlen=LAST_LINES)
            with self._log(app, action.deploy) as log:
                end = await self._release_command(app, action, _both(log, last))
            context = await self.context(app, action.release)
            problem = release_command_failed(action.command, end.code, last, context)
            limits = limits_of(app.planned, "release.1")
            problem = out_of_memory(end, app.planned.name, action.command, limits) or problem
            if end.code == 0:
                events.release_command_done(app.state)
                state.save(self._layout, app.state)
        except (PorticoError, OSError) as error:
            problem = problem_of(error)
        finally:
            if not events.release_command_is_done(app.state):
                self._fail(app, action.deploy, problem)

    async def _release_command(self, app: App, action: RunReleaseCommand, log: LineSink) -> Exit:
        log(f"Running release command: {action.command}")
        name = f"release.{action.release.version}"
        return await self._one_off(app, name, action.release, action.command, log)

    async def cancel(self, app: App, action: CancelDeploy) -> None:
        events.deploy_cancelled(app.state)
        steps = [task for key, task in app.tasks.items() if key[:2] == ("deploy", action.deploy)]
        for task in steps:
            task.cancel()
        await asyncio.gather(*steps, return_exceptions=True)
        self._end_log(app, action.deploy, "The deploy was cancelled.")

    async def fail(self, app: App, action: FailDeploy) -> None:
        self._fail(app, action.deploy, action.problem)

    async def end_logs(self, app: App, action: EndLogs) -> None:
        """An agent that was killed while a postdeploy script ran has said nothing of its end."""
        for deploy in await asyncio.to_thread(self._logs.unfinished_deploys, app.id):
            if deploy != action.but:
                self._end_log(app, deploy, CUT_SHORT)
        app.state.logs_ended = True

    async def live(self, app: App, target: Target) -> None:
        """The router has taken a deploy's release: what app.json wants run then, and the last line."""
        deploy = app.deploy_of(target.release)
        if deploy is None or deploy.release is None:
            return
        version, url = deploy.release.version, app.planned.url
        if deploy.release.postdeploy:
            with self._log(app, deploy.id) as log:
                await self._postdeploy(app, deploy.release, deploy.release.postdeploy, log)
        self._end_log(app, deploy.id, f"v{version} is live at {url}")

    def rollout_failed(self, app: App, target: Target, problem: Problem) -> None:
        """A target that was to serve cannot. The deploy that wanted it, if any, has failed."""
        problem = masked_problem(problem, self._mask(app))
        was_final = app.state.progress is not None and app.state.progress.state.final
        events.rollout_failed(app.state, app.planned, target, problem)
        deploy = app.deploy_of(target.release)
        if deploy and app.state.progress and app.state.progress.state.final and not was_final:
            self._end_log(app, deploy.id, f"The deploy failed: {problem.title}")

    def say(self, app: App, target: Target, *lines: str) -> None:
        """Into the log of the deploy that is to bring this target, if there is one."""
        deploy = app.deploy_of(target.release)
        if deploy and app.state.progress and not app.state.progress.state.final:
            with self._log(app, deploy.id) as log:
                for line in lines:
                    log(line)

    async def context(self, app: App, release: Release | None) -> Context:
        """What the build of a release noted down for explaining its failures."""
        build = release.slug.build if release else 0
        record = await asyncio.to_thread(slugs.read_record, self._layout, app.id, build)
        return Context(record.key.form, record.modules) if record else NOTHING_KNOWN

    async def _postdeploy(self, app: App, release: Release, command: str, log: LineSink) -> None:
        log(f"Running postdeploy script: {command}")
        try:
            end = await self._one_off(app, f"postdeploy.{release.version}", release, command, log)
        except (PorticoError, OSError) as error:
            log(f"Warning: the postdeploy script could not be run: {problem_of(error).detail}")
            return
        if end.code != 0:
            how = words_of_end(
                end, app.state.name, "postdeploy.1", limits_of(app.planned, "release.1")
            )
            log(f"Warning: the postdeploy script {how}; the release serves all the same.")

    async def _one_off(
        self, app: App, name: str, release: Release, command: str, log: LineSink
    ) -> Exit:
        attached = await self._engine.run(one_off_launch(app, name, release, command), None)
        try:
            await _copy_lines(attached, log)
            return await attached.wait()
        finally:
            await attached.kill()

    def _fail(self, app: App, deploy: int, problem: Problem) -> None:
        if app.state.progress is not None and app.state.progress.state.final:
            return  # cancelled meanwhile
        problem = masked_problem(problem, self._mask(app))
        events.deploy_failed(app.state, problem)
        self._end_log(app, deploy, f"The deploy failed: {problem.title}")

    @contextlib.contextmanager
    def _log(self, app: App, deploy: int) -> Iterator[LineSink]:
        """For a piece of the deploy's log; no secret gets into it."""
        lines = MaskedLines(
            self._mask(app), lambda line: self._logs.deploy_line(app.id, deploy, line)
        )
        try:
            yield lines
        finally:
            lines.flush()

    def _mask(self, app: App) -> Mask:
        return mask_of(app.planned, self._settings)

    def _end_log(self, app: App, deploy: int, line: str) -> None:
        self._logs.deploy_line(app.id, deploy, line)
        self._logs.end_deploy(app.id, deploy)


async def _copy_lines(attached: Attached, log: LineSink) -> None:
    splitter = LineSplitter()
    while (piece := await attached.read()) is not None:
        for line in splitter.feed(piece[1]):
            log(line)
    for line in splitter.flush():
        log(line)


def problem_of(error: PorticoError | OSError) -> Problem:
    """What made a deploy fail; a deploy is not tried again until the disk has room."""
    if isinstance(error, PorticoError):
        return Problem.of(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            title="The server's disk is full.",
            detail=f"The deploy could not write: {error.strerror}.",
            hint="Ask the operator to free space, then deploy again.",
        )
    return Problem(
        title="The server could not carry out the deploy.",
        detail=f"Its system said: {error.strerror or error}.",
        hint="Deploy again; if it happens again, tell the operator of this server.",
    )


def release_command_failed(
    command: str,
    code: int | None,
    last_lines: Sequence[str] = (),
    context: Context = NOTHING_KNOWN,
) -> Problem:
    """Why the release command makes the deploy fail."""
    return Problem(
        title="The release command failed.",
        detail=f"`{command}` {words_of_exit(code)}; its output is in the deploy's log.",
        hint=lesson(last_lines, context)
        or "Mend what it says and deploy again. Nothing has changed for viewers.",
    )


def _both(log: LineSink, kept: deque[str]) -> LineSink:
    """A sink that also keeps the last lines."""

    def sink(line: str) -> None:
        kept.append(line)
        log(line)

    return sink
