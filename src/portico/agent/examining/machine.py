"""A look at the machine, in a process of its own beside the agent: it tries sandboxes out."""

from __future__ import annotations

from dataclasses import asdict

from portico.agent.examining.versions import versions
from portico.doctor.check import Check
from portico.doctor.own import own_checks
from portico.engines.local.user_namespaces.idmap import NoIds
from portico.engines.protections.measuring import protections
from portico.examination import Machine
from portico.layout import users
from portico.settings import Settings
from portico.supervisor.options import resolve


def machine(settings: Settings, no_ids: NoIds | None) -> Machine:
    """From where this process stands. `no_ids`: why the agent could not get into a namespace with
    ids for the apps."""
    measured = (Check(**asdict(one)) for one in protections(settings.data, no_ids))
    return Machine(
        as_root=users().is_root,
        checks=(*own_checks(resolve(settings.data, None, None)), *measured),
        versions=tuple(versions()),
    )
