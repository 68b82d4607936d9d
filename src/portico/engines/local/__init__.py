"""The engine of one machine: processes, one-offs and build steps in bubblewrap's sandboxes."""

from portico.engines.local.engine import LocalEngine
from portico.engines.local.processes.process import Outputs

__all__ = ["LocalEngine", "Outputs"]
