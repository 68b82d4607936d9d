"""An app as the agent holds it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from portico.agent.actions import Key
from portico.agent.observed import AppState
from portico.errors import PorticoError
from portico.wire import AppPlan, Deploy


@dataclass
class App:
    """Its plan (None: to be removed), what is seen of it, and the actions under way."""

    id: int
    plan: AppPlan | None
    state: AppState
    removed: bool = False
    forget: bool = False  # stop it but keep its files
    tasks: dict[Key, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def planned(self) -> AppPlan:
        """The plan of an app that is not being removed."""
        if self.plan is None:
            raise PorticoError(
                "The app was removed meanwhile.",
                f"App {self.id} has no plan.",
                "Nothing is left to do.",
            )
        return self.plan

    def deploy_of(self, release: int) -> Deploy | None:
        """The deploy under way, when it is to bring that release."""
        deploy = self.plan.deploy if self.plan else None
        return deploy if deploy and deploy.release and deploy.release.version == release else None
