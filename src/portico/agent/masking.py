"""Keeps secrets out of what leaves a deploy: its log, its problem, the warnings of its build."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from portico.engines.engine import LineSink
from portico.engines.lines import LONGEST_LINE
from portico.mirrors import mirrors, setting_addresses
from portico.secret_values import Mask, is_secret, secrets
from portico.settings import Settings
from portico.wire import AppPlan, BuildResult, Problem

OPERATORS = "hidden"  # what is shown in place of a password of the operator's


def mask_of(plan: AppPlan, settings: Settings) -> Mask:
    """For what is under way in an app: its secrets of today and of the releases concerned."""
    found = [pair for config in _configs(plan) for pair in secrets(config, plan.secret).items()]
    return Mask([*found, *((OPERATORS, value) for value in _operators(settings))])


def _configs(plan: AppPlan) -> Iterator[Mapping[str, str]]:
    deploy = plan.deploy
    releases = (plan.current, deploy.release if deploy else None)
    yield from (release.config for release in releases if release)
    if deploy and deploy.build:
        yield deploy.build.config


def _operators(settings: Settings) -> Iterator[str]:
    """Addresses with credentials; a variable may hold several, separated by blanks."""
    variables = mirrors(settings, os.environ).variables
    for value in (*variables.values(), *setting_addresses(settings).values()):
        yield from (word for word in value.split() if is_secret("", word))


def masked_problem(problem: Problem, mask: Mask) -> Problem:
    parts = {name: mask(text) for name, text in problem.model_dump().items()}
    return Problem.model_validate(parts)


def masked_result(result: BuildResult, mask: Mask) -> BuildResult:
    """Its warnings are shown to people; the rest is for the agent."""
    return result.model_copy(update={"warnings": tuple(map(mask, result.warnings))})


class MaskedLines:
    """A sink that passes on lines without secrets.

    A line that was cut for its length goes on in the next: what may be the beginning of a secret is
    held back until then.
    """

    def __init__(self, mask: Mask, sink: LineSink) -> None:
        self._mask = mask
        self._sink = sink
        self._held = ""

    def __call__(self, line: str) -> None:
        text, self._held = self._held + line, ""
        if len(line.encode()) >= LONGEST_LINE and self._mask.longest:
            cut = self._safe_cut(text)
            text, self._held = text[:cut], text[cut:]
        self._sink(self._mask(text))

    def flush(self) -> None:
        """After the last line."""
        if self._held:
            held, self._held = self._held, ""
            self._sink(self._mask(held))

    def _safe_cut(self, text: str) -> int:
        """Where no secret is cut in two, nor one that goes on in the next line."""
        cut = max(0, len(text) - self._mask.longest)
        inside = (start for start, stop, _ in self._mask.found(text) if start < cut < stop)
        return next(inside, cut)
