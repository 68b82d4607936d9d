"""The agent's words of a machine, for tests that have no agent."""

from __future__ import annotations

from typing import Any

from portico.control.examining.asking import asking
from portico.control.models.examined_part import keep_examination
from portico.disk_use import AppContents, Contents, Environment
from portico.doctor.check import Check
from portico.examination import Examination, Machine
from portico.wire import Problem

CHECKS = (
    Check("git", True, "apt-get install git", needed=True),
    Check("user namespaces", False, "as root run sysctl user.max_user_namespaces=15000."),
    Check("uv", False, "Install Portico again; uv comes with it.", needed=True),
)
MACHINE = Machine(as_root=True, checks=CHECKS, versions=(("Envoy", "1.40.0"), ("git", "2.39.5")))
PROBLEM = Problem(title="The machine could not be examined.", detail="No space.", hint="Free some.")
PARTS = {"data": 4, "logs": 5, "layers": 6, "system_packages": 7, "cache": 8, "other": 9}


def contents(*apps: int, size: int = 1_000_000) -> Contents:
    """Each app has a slug of build 3, which runs on one environment with the others'."""
    return Contents(
        total=3_000_000,
        free=54_200_000_000,
        apps=tuple(AppContents(app, {3: size}, PARTS) for app in apps),
        environments=(Environment("a" * 32, None, 74_300_000, tuple((app, 3) for app in apps)),),
        caches={"cache": 31_000_000},
        pythons={},
        stacks={},
        server={"git": 0},
    )


def told(**parts: Any) -> str:
    """As the agent posts it."""
    return Examination(**parts).model_dump_json(exclude_unset=True)


def tell(**parts: Any) -> None:
    """To the database of this process."""
    asking.told(keep_examination(Examination(**parts)))
