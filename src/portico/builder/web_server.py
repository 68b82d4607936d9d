"""Whether the server in the Procfile can start, and how it takes the app's prefix."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from portico.builder import module_names, modules, reading
from portico.builder.order import FinishOrder, Mode
from portico.errors import PorticoError
from portico.procfile import Server, worker_mode

_CONFIG = "gunicorn.conf.py"


def check_server(server: Server, line: int, order: FinishOrder, environment: Path) -> None:
    """Raises PorticoError when its start would certainly fail."""
    tree = order.places.app
    if not (environment / "bin" / server.name).exists():
        raise PorticoError(
            f"{server.name} is not installed.",
            f"Line {line} of the Procfile starts it; {order.form} does not bring it.",
            module_names.fix(server.name, order.form),
        )
    if server.module and _is_certain(server, environment):
        search = [tree, *modules.site_packages(environment)]
        if not modules.exists(server.module, search):
            raise PorticoError(
                f"There is no module {server.module}.",
                f"Line {line} of the Procfile starts {server.name} with it; it is neither in the "
                "app nor in its packages.",
                module_hint(server, tree),
            )


def server_mode(server: Server | None, tree: Path) -> Mode | None:
    """The path mode that follows from the server and its configuration file."""
    if server is None or server.name != "gunicorn":
        return server.mode if server else None
    worker = _configured_worker(tree, server.config or _CONFIG)
    return worker_mode(worker) if worker and server.mode == "mount" else server.mode


def module_hint(server: Server, tree: Path) -> str:
    """What to write instead of a module that does not exist."""
    kind = "asgi" if server.mode == "strip" else "wsgi"
    near = [name for name in _candidates(tree) if name.endswith(kind)]
    if near:
        return f"Write `web: {server.name} {near[0]}` into the Procfile."
    return "Write the name of the file that holds the application, without .py, into the Procfile."


def _candidates(tree: Path) -> list[str]:
    """Modules of a Django project that hold its application."""
    found = [*tree.glob("*/wsgi.py"), *tree.glob("*/asgi.py")]
    return sorted(f"{path.parent.name}.{path.stem}" for path in found)


def _is_certain(server: Server, environment: Path) -> bool:
    """Not when modules may come from elsewhere: another folder, PYTHONPATH, a .pth file."""
    elsewhere = server.moved or "PYTHONPATH" in os.environ
    return not elsewhere and not modules.is_open(modules.site_packages(environment))


def _configured_worker(tree: Path, name: str) -> str | None:
    try:
        parsed = ast.parse(reading.text(tree, name.removeprefix("file:")))
    except (PorticoError, SyntaxError, ValueError, RecursionError):
        return None
    for node in reversed(parsed.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if "worker_class" in names and isinstance(node.value.value, str):
                return node.value.value
    return None
