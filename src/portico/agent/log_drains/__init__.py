"""The agent's side of log drains: gives the sender of each app its lines, hears how the drains stand."""

from portico.agent.log_drains.log_drains import LogDrains

__all__ = ["LogDrains"]
