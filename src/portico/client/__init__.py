"""The REST API of docs/api.md for Python programs; the CLI stands on it alone."""

from portico.client.api import Client
from portico.client.problems import UnreachableError

__all__ = ["Client", "UnreachableError"]
