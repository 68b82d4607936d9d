"""The agent's words, for tests that have no agent: reports given straight to `reports.take`."""

from __future__ import annotations

from typing import Any

from portico.control import reports
from portico.control.models import App, Deploy
from portico.wire import AppReport, BuildResult, DeployReport, ProcessReport, Report, Slug

COMMANDS = {"web": "gunicorn site.wsgi", "worker": "python work.py"}


def tell(app: App, **words: Any) -> None:
    """A report about one app."""
    reports.take(Report(apps=(AppReport(id=app.pk, **words),)))


def say(deploy: Deploy, state: str, **words: Any) -> None:
    """A report about a deploy, which is then read again."""
    tell(deploy.app, deploy=DeployReport(id=deploy.pk, state=state, **words))
    deploy.refresh_from_db()


def built(deploy: Deploy, **words: Any) -> None:
    """The deploy's build has succeeded."""
    assert deploy.build_id is not None
    given = {"slug": Slug(build=deploy.build_id), "processes": COMMANDS, **words}
    say(deploy, "built", built=BuildResult(**given))


def go_live(deploy: Deploy, **words: Any) -> None:
    """Everything that the agent does for a good deploy."""
    deploy.refresh_from_db()
    if deploy.build_id:
        built(deploy, **words)
    say(deploy, "live")


def process(name: str, state: str = "running", release: int = 1, **words: Any) -> ProcessReport:
    return ProcessReport(name=name, state=state, release=release, **{"since": 1.5, **words})


def problem_of(deploy: Deploy) -> dict[str, str]:
    deploy.refresh_from_db()
    return dict(deploy.problem or {})
