"""Which Procfile to write, from what an app's folder looks like."""

from __future__ import annotations

import re
from pathlib import Path

from portico import procfile
from portico.builder import reading
from portico.errors import PorticoError

_MOST_BYTES = 1 << 20
# What an application file says of itself -> how it is served. In this order.
_FRAMEWORKS = (
    (r"\bFastAPI\(", "web: uvicorn {module}:{name} --host 0.0.0.0 --port $PORT"),
    (r"\bStarlette\(", "web: uvicorn {module}:{name} --host 0.0.0.0 --port $PORT"),
    (r"\bFlask\(", "web: gunicorn {module}:{name}"),
    (r"\bDash\(", "web: gunicorn {module}:{server}"),
    (
        r"^\s*(?:import|from) streamlit\b",
        "web: streamlit run {module}.py --server.port $PORT --server.address 0.0.0.0",
    ),
)
_ASSIGNED = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(FastAPI|Starlette|Flask|Dash)\(", re.MULTILINE
)
# gunicorn takes no dotted name, so a Dash app's server has to have one of its own.
_SERVER = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*\w+\.server\b", re.MULTILINE)
_LIKELY = ("app.py", "main.py", "index.py", "wsgi.py", "server.py", "application.py")


def proposal(tree: Path) -> str:
    """The `web` line for the framework that the folder shows, an example for none.

    For a Dash app that has not named its server, what to write for that as well.
    """
    if (tree / "manage.py").is_file():
        return f"web: gunicorn {django_project(tree) or 'mysite'}.wsgi"
    for name in _LIKELY:
        if (tree / name).is_file() and (line := _for_module(tree, name)):
            return line
    return "web: python app.py"


def django_project(tree: Path) -> str | None:
    """The package that manage.py takes its settings from."""
    module = settings_module(tree)
    return module.partition(".")[0] if module and "." in module else None


def settings_module(tree: Path) -> str | None:
    """The settings module that manage.py names."""
    match = re.search(
        r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""", _text(tree, "manage.py")
    )
    return match[1] if match else None


def missing_procfile(tree: Path) -> PorticoError:
    """The error for a folder without a Procfile."""
    near = procfile.near_miss(path.name for path in tree.iterdir() if path.is_file())
    if near:
        return PorticoError(
            "This app has no Procfile.",
            f"There is a file named {near}, but the name must be exactly Procfile.",
            f"Rename {near} to Procfile.",
        )
    return PorticoError(
        "This app has no Procfile.",
        "A file named Procfile in the root folder says how the app is started.",
        f"Make a file named Procfile with this line:\n{proposal(tree)}",
    )


def _for_module(tree: Path, name: str) -> str | None:
    text = _text(tree, name)
    assigned, served = _ASSIGNED.search(text), _SERVER.search(text)
    app = assigned[1] if assigned else "app"
    server = served[1] if served else "server"
    for pattern, line in _FRAMEWORKS:
        if re.search(pattern, text, re.MULTILINE):
            web = line.format(module=name.removesuffix(".py"), name=app, server=server)
            is_unnamed = "{server}" in line and not served
            return web + (_naming(name, app) if is_unnamed else "")
    return None


def _naming(file: str, app: str) -> str:
    return f"\nand write below the line of {file} that makes `{app}`:\nserver = {app}.server"


def _text(tree: Path, name: str) -> str:
    try:
        return reading.text(tree, name)[:_MOST_BYTES]
    except PorticoError:
        return ""
