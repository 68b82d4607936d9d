"""The variables that a process gets. Nothing is inherited from the server."""

from __future__ import annotations

from urllib.parse import urlsplit

from portico.procfile import server_of
from portico.wire import AppPlan, PathMode, Release

ASGI_SERVERS = {"uvicorn", "hypercorn", "daphne", "fastapi"}


def variables(
    plan: AppPlan, release: Release, process: str, path_mode: PathMode | None
) -> dict[str, str]:
    """All variables of a process but PORT, which the engine adds; config vars have the last word."""
    command = release.processes.get(process.rpartition(".")[0], "")
    return {
        **_basics(release, command),
        **dict(release.slug.variables),
        **_portico(plan, release, process),
        **_prefix(plan.prefix, path_mode),
        **release.config,
    }


def build_variables(plan: AppPlan, config: dict[str, str]) -> dict[str, str]:
    """What the app's own code sees while it is built."""
    return {
        "PORTICO_APP_NAME": plan.name,
        "PORTICO_HOSTNAME": urlsplit(plan.url).hostname or "",
        "PORTICO_URL": plan.url,
        "PORTICO_PATH_PREFIX": plan.prefix,
        "PORTICO_DATA_DIR": "/data",
        **config,
    }


def installer_variables(plan: AppPlan, config: dict[str, str]) -> dict[str, str]:
    """The same for the installer. An index of the author's goes before the operator's, which has
    the newer of the two names."""
    index = config.get("UV_DEFAULT_INDEX") or config.get("UV_INDEX_URL")
    return build_variables(plan, config) | ({"UV_DEFAULT_INDEX": index} if index else {})


def _basics(release: Release, command: str) -> dict[str, str]:
    environment = release.slug.environment
    own = f"/py/envs/{environment}/bin:" if environment else ""
    return {
        "PATH": f"{own}/usr/local/bin:/usr/bin:/bin",
        "HOME": "/app",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # An ASGI process serves many at once, and apps keep web sockets in memory; a WSGI process
        # serves one, so a second keeps a slow request from being everybody's.
        "WEB_CONCURRENCY": "1" if server_of(command) in ASGI_SERVERS else "2",
    }


def _portico(plan: AppPlan, release: Release, process: str) -> dict[str, str]:
    return {
        "PORTICO_APP_NAME": plan.name,
        "PORTICO_HOSTNAME": urlsplit(plan.url).hostname or "",
        "PORTICO_URL": plan.url,
        "PORTICO_PATH_PREFIX": plan.prefix,
        "PORTICO_RELEASE": f"v{release.version}",
        "PORTICO_PROCESS": process,
        "PORTICO_COMMIT": release.commit or "",
        "PORTICO_DATA_DIR": "/data",
        "DASH_APP_NAME": plan.name,
        "DASH_REQUESTS_PATHNAME_PREFIX": f"{plan.prefix}/",
    }


def _prefix(prefix: str, path_mode: PathMode | None) -> dict[str, str]:
    if path_mode is PathMode.MOUNT:
        return {"SCRIPT_NAME": prefix}
    if path_mode is PathMode.STRIP:
        return dict.fromkeys(("UVICORN_ROOT_PATH", "DAPHNE_ROOT_PATH", "GRADIO_ROOT_PATH"), prefix)
    return {}
