"""The logs of apps: from their pipes into rotated files, and from there to whoever asks."""

from portico.agent.logs.lines import LogLine
from portico.agent.logs.logs import Logs
from portico.agent.logs.reading import Following

__all__ = ["Following", "LogLine", "Logs"]
