"""An app in bad condition: its author is told in three parts, and what was running is untouched."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.servers import Server

APPS = Path(__file__).resolve().parents[1] / "apps"

# condition: what happened, what was found, what to do next. NNN stands for a port or a time.
REFUSED_AT_START = {
    "answers-400": (
        "The app refuses its host name.",
        "It answered 400 at /victim/ to a request for the host 127.0.0.1.",
        "With Django, add the host to the settings: "
        'ALLOWED_HOSTS = [os.environ["PORTICO_HOSTNAME"]].',
    ),
    "answers-404": (
        "Portico could not find out how the app meets its path.",
        "It answered 404 at /victim/ and 404 at /.",
        "Make one of the two answer, or say which it is: "
        "portico apps set victim --path own, mount or strip.",
    ),
    "answers-500": (
        "The app answers with a server error.",
        "It answered 500 at /victim/.",
        "Its log says why; the deploy's log ends with its last lines, "
        "and `portico logs victim` has the rest.",
    ),
    "exits-at-start": (
        "The app ended at its start.",
        "The web process ended with code 1 before it answered.\nIts last lines:\n"
        "    The database is not configured.",
        "Mend what the lines above say and deploy again; `portico logs victim` has all of them.",
    ),
    "misses-module-in-a-request": (
        "The app answers with a server error.",
        "It answered 500 at /victim/.",
        "The module sklearn is missing: add a line `scikit-learn` to requirements.txt, and deploy "
        "again.",
    ),
    "missing-module-at-start": (
        "The app ended at its start.",
        "The web process ended with code 1 before it answered: "
        "ModuleNotFoundError: No module named 'yaml'\nIts last lines:\n"
        "    Traceback (most recent call last):\n"
        '      File "/app/app.py", line 1, in <module>\n'
        "        import yaml\n"
        "    ModuleNotFoundError: No module named 'yaml'",
        "The module yaml is missing: add a line `pyyaml` to requirements.txt, and deploy again.",
    ),
    "missing-system-library": (
        "The app ended at its start.",
        "The web process ended with code 1 before it answered: OSError: libzbar.so.0: cannot open "
        "shared object file: No such file or directory\nIts last lines:\n"
        "    ...\n"
        "    OSError: libzbar.so.0: cannot open shared object file: No such file or directory",
        "The library libzbar.so.0 is missing: write the line `libzbar0` into the Aptfile in the "
        "app's root folder, and deploy again.",
    ),
    "misspelt-module": (
        "The app ended at its start.",
        "The web process ended with code 1 before it answered: "
        "ModuleNotFoundError: No module named 'setings'\nIts last lines:\n"
        "    Traceback (most recent call last):\n"
        '      File "/app/app.py", line 1, in <module>\n'
        "        import setings\n"
        "    ModuleNotFoundError: No module named 'setings'",
        "The app has no module setings, but one named settings: correct the name.",
    ),
    "never-listens": (
        "The app never listened on its port.",
        "It was given PORT=NNN and listened on no port within 2 s.",
        "Check that the web line of the Procfile starts a server that binds to $PORT; "
        "a slow start gets more time with: portico apps set victim --ready-seconds 120.",
    ),
    "wrong-port": (
        "The app listens on the wrong port.",
        "It was given PORT=NNN but listens on NNN; nothing answered within 2 s.",
        'Bind to the port in the variable PORT: port=int(os.environ["PORT"]) in a program of your '
        'own, "--bind 0.0.0.0:$PORT" or "--port $PORT" behind a server in the Procfile.',
    ),
    "release-misses-module": (
        "The release command failed.",
        '`python -c "import rest_framework"` ended with code 1; its output is in the deploy\'s log.',
        "The module rest_framework is missing: add a line `djangorestframework` to "
        "requirements.txt, and deploy again.",
    ),
    "release-fails": (
        "The release command failed.",
        '`echo "no such table: polls_question" >&2; exit 3` ended with code 3; '
        "its output is in the deploy's log.",
        "Mend what it says and deploy again. Nothing has changed for viewers.",
    ),
}

REFUSED_BEFORE = (
    "broken-app-json",
    "conda_mistakes",
    "gunicorn-missing",
    "malformed-aptfile",
    "malformed-procfile",
    "missing-include",
    "near-miss-procfile",
    "no-procfile",
    "no-requirements",
    "stale-lock",
    "two-problems",
    "unreadable-python-version",
)


@pytest.fixture(scope="module")
def victim(server: Server):
    """An app that works, and waits two seconds for the next one."""
    assert server.cli("apps", "create", "victim").returncode == 0
    assert server.cli("apps", "set", "victim", "--ready-seconds", "2").returncode == 0
    done = server.cli("deploy", str(APPS / "works"), "--app", "victim", "--yes")
    assert done.returncode == 0, done.stderr
    yield "victim"
    server.cli("apps", "destroy", "victim", "--yes")


def serving(server: Server, app: str) -> tuple[str, list[tuple[object, ...]]]:
    """What viewers get, and the processes they get it from."""
    page = server.get(f"/{app}/")
    assert page.status_code == 200
    keys = ("name", "state", "pid", "port", "release", "restarts")
    running = [p for p in server.json("ps", app) if p["state"] == "running"]
    return page.text, [tuple(process[key] for key in keys) for process in running]


@pytest.mark.parametrize("condition", sorted(REFUSED_AT_START))
def test_a_release_that_does_not_start_is_refused(server: Server, victim: str, condition: str):
    before = serving(server, victim)
    done = server.cli("deploy", str(APPS / condition), "--app", victim, "--yes")
    assert done.returncode == 1
    newest = server.json("releases", victim)[0]
    assert newest["state"] == "failed"
    title, detail, hint = REFUSED_AT_START[condition]
    told = re.sub(r"(?<=PORT=)\d+|(?<=listens on )\d+", "NNN", done.stderr)
    # How deep the standard library calls itself is none of the app's doing.
    told = re.sub(r"(?<=last lines:\n    )Traceback(.*\n)+?(?=    OSError)", "...\n", told)
    assert told.endswith(f"{title}\n{detail}\nNext: {hint}\n"), done.stderr
    assert serving(server, victim) == before


@pytest.mark.parametrize("condition", REFUSED_BEFORE)
def test_what_can_be_seen_beforehand_makes_no_release(server: Server, victim: str, condition: str):
    before, releases = serving(server, victim), server.json("releases", victim)
    done = server.cli("deploy", str(APPS / condition), "--app", victim, "--yes")
    assert done.returncode == 1
    assert f"{condition} cannot be deployed as it is." in done.stderr
    assert serving(server, victim) == before
    assert server.json("releases", victim) == releases


def test_a_failed_build_leaves_no_slug(server: Server, victim: str, tmp_path: Path):
    before = serving(server, victim)
    app = shutil.copytree(APPS / "works", tmp_path / "app")
    (app / "app.json").write_text('{"scripts": {"dokku": {"predeploy": "exit 3"}}}')
    done = server.cli("deploy", str(app), "--app", victim, "--yes")
    assert done.returncode == 1
    assert "The predeploy script failed." in done.stderr
    slugs = {path.name for path in server.layout.apps.glob("*/slugs/*")}
    assert {name for name in slugs if not name.endswith(".json")} == {
        name.removesuffix(".json") for name in slugs if name.endswith(".json")
    }
    assert serving(server, victim) == before
