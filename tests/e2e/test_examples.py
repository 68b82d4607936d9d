"""The four examples through the public path: CLI or git, API, build, sandbox, router."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.load import load
from tests.servers import Server

pytestmark = pytest.mark.registry

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MARKS = {
    "django-polls": "Polls",
    "django-admin": "admin",
    "fastapi-websocket": "<",
    "flask-hello": "ello",
}


@pytest.fixture(params=sorted(MARKS))
def example(request, tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param))


def commit(folder: Path, message: str) -> str:
    run = lambda *words: subprocess.run(  # noqa: E731
        ("git", "-c", "user.name=Ada", "-c", "user.email=ada@portico.test", *words),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    if not (folder / ".git").exists():
        run("init", "-q", "-b", "main")
    run("add", "-A")
    run("commit", "-q", "--allow-empty", "-m", message)
    return run("rev-parse", "HEAD")


def push(server: Server, folder: Path, app: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("git", "push", server.git_url(app), "main"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def path_of(example: Path) -> str:
    """A page of the example that answers 200."""
    return "admin/login/" if example.name == "django-admin" else ""


def test_deploy_serves_it_and_a_redeploy_under_load_fails_no_request(server: Server, example: Path):
    name = f"cli-{example.name}"
    done = server.cli("deploy", str(example), "--app", name, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["app"], told["release"]) == (name, 1)
    page = server.get(told["url"] + path_of(example), follow_redirects=True)
    assert page.status_code == 200
    assert MARKS[example.name] in page.text
    server.open_to_all(name)
    with load(told["url"] + path_of(example)) as clients:
        again = server.cli("deploy", str(example), "--app", name, "--yes", "--json")
    assert again.returncode == 0, again.stderr
    assert clients.failed == []
    assert [r["version"] for r in server.json("releases", name)] == [2, 1]
    server.cli("apps", "destroy", name, "--yes")


def test_git_push_serves_it_and_remembers_the_commit(server: Server, example: Path):
    name = f"git-{example.name}"
    pushed = commit(example, "first")
    done = push(server, example, name)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"v1 is live at {server.url}/{name}/") == 1
    page = server.get(f"/{name}/{path_of(example)}", follow_redirects=True)
    assert page.status_code == 200
    (release,) = server.json("releases", name)
    assert (release["version"], release["state"], release["commit"]) == (1, "live", pushed)
    server.cli("apps", "destroy", name, "--yes")


def test_the_fastapi_example_speaks_over_web_sockets_through_the_router(
    server: Server, tmp_path: Path
):
    example = shutil.copytree(EXAMPLES / "fastapi-websocket", tmp_path / "ws")
    assert server.cli("deploy", str(example), "--app", "ws", "--yes").returncode == 0
    with connect(
        f"{server.url.replace('http', 'ws')}/ws/chat", additional_headers=server.bearer
    ) as socket:
        socket.send("hello")
        assert "hello" in str(socket.recv(timeout=10))
    server.cli("apps", "destroy", "ws", "--yes")


def test_two_django_apps_side_by_side_do_not_sign_each_other_out(server: Server, tmp_path: Path):
    example = shutil.copytree(EXAMPLES / "django-admin", tmp_path / "admin")
    with httpx.Client(base_url=server.url, headers=server.bearer, follow_redirects=True) as browser:
        for name in ("left", "right"):
            assert server.cli("deploy", str(example), "--app", name, "--yes").returncode == 0
            assert _make_admin(server, name).returncode == 0
            _sign_in(browser, name)
        for name in ("left", "right"):
            page = browser.get(f"/{name}/admin/")
            assert "Log out" in page.text, page.url
        style = browser.get("/left/static/admin/css/base.css")
        assert style.status_code == 200
    for name in ("left", "right"):
        server.cli("apps", "destroy", name, "--yes")


def _make_admin(server: Server, name: str) -> subprocess.CompletedProcess[str]:
    return server.cli(
        "run", name, "--", "sh", "-c",
        "DJANGO_SUPERUSER_PASSWORD=secret python manage.py createsuperuser --noinput"
        " --username ada --email ada@portico.test",
    )  # fmt: skip


def _sign_in(browser: httpx.Client, name: str) -> None:
    form = browser.get(f"/{name}/admin/login/")
    token = form.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    page = browser.post(
        f"/{name}/admin/login/?next=/{name}/admin/",
        data={"username": "ada", "password": "secret", "csrfmiddlewaretoken": token},
        headers={"Referer": f"{browser.base_url}{name}/admin/login/"},
    )
    assert "Log out" in page.text
