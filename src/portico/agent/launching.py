"""From a plan to an order for the engine."""

from __future__ import annotations

from portico.agent.app import App
from portico.agent.limits import limits_of
from portico.agent.observed import Target
from portico.agent.reconciling.targets import WEB
from portico.agent.variables import variables
from portico.engines.engine import Launch
from portico.wire import Release


def process_launch(app: App, name: str, release: Release, target: Target) -> Launch:
    """A process of the formation, `web.1`."""
    process_type = name.rpartition(".")[0]
    command = release.processes[process_type]
    return _launch(app, name, release, command, target.generation, listens=process_type == WEB)


def one_off_launch(app: App, name: str, release: Release, command: str) -> Launch:
    """A command beside the formation, in the sandbox of that release."""
    return _launch(app, name, release, command, app.planned.generation, listens=False)


def _launch(
    app: App, name: str, release: Release, command: str, generation: int, *, listens: bool
) -> Launch:
    plan = app.planned
    return Launch(
        app_id=app.id,
        app_name=plan.name,
        process=name,
        release=release.version,
        generation=generation,
        slug=release.slug,
        command=command,
        environment=variables(plan, release, name, app.state.path_mode(release)),
        listens=listens,
        limits=limits_of(plan, name),
    )
