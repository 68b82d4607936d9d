"""The last step on Django projects, with the real packages."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portico.builder.finish import finish
from portico.builder.install import install
from portico.builder.order import FinishOrder, InstallOrder, Places
from portico.errors import PorticoError
from tests.agent.building.unsandboxed import variables
from tests.builder.apps import APPS, EXAMPLES, manifest_of, places_of, write

pytestmark = pytest.mark.registry


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """One environment with Django for all tests here."""
    return places_of(EXAMPLES / "django-polls", tmp_path_factory.mktemp("python"))


@pytest.fixture(autouse=True)
def _clean_variables() -> Iterator[None]:
    before, clean = dict(os.environ), variables()
    os.environ.clear()
    os.environ.update(
        clean, PORTICO_HOSTNAME="apps.example", PORTICO_APP_NAME="shop", PORTICO_DATA_DIR="/data"
    )
    yield
    os.environ.clear()
    os.environ.update(before)


def order_for(tree: Path, python: Places, name: str = "shop") -> FinishOrder:
    places = dataclasses.replace(python, app=tree)
    key = manifest_of(tree, python.py.parent).key
    install(InstallOrder(key, places))
    return FinishOrder(name, "apps.example", key.digest(), key.form, places=places)


def copied(folder: Path, into: Path) -> Path:
    files = {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return write(into / "app", files)


def told(order: FinishOrder) -> PorticoError:
    with pytest.raises(PorticoError) as caught:
        finish(order)
    return caught.value


def test_names_the_requirement_that_collectstatic_misses(tmp_path: Path, python: Places):
    tree = copied(EXAMPLES / "django-admin", tmp_path)
    settings = tree / "mysite/settings.py"
    text = settings.read_text()
    settings.write_text(text.replace("INSTALLED_APPS = [", 'INSTALLED_APPS = ["corsheaders",', 1))
    error = told(order_for(tree, python))
    assert error.title == "Django could not be set up to collect static files."
    assert error.hint == (
        "The module corsheaders is missing: add a line `django-cors-headers` to requirements.txt, "
        "and deploy again."
    )


def test_finds_that_a_project_routes_its_own_prefix(tmp_path: Path, python: Places):
    tree = copied(EXAMPLES / "django-polls", tmp_path)
    finished = finish(order_for(tree, python))
    assert finished.path_mode == "own"
    assert finished.warnings == ()
    assert (tree / "staticfiles/polls/style.css").is_file()


def test_mounts_a_project_that_knows_nothing_of_its_prefix(
    tmp_path: Path, python: Places, capfd: pytest.CaptureFixture[str]
):
    tree = copied(EXAMPLES / "django-admin", tmp_path)
    order = order_for(tree, python)
    capfd.readouterr()
    finished = finish(order)
    assert finished.path_mode == "mount"
    assert finished.warnings == ()
    assert (tree / "staticfiles/admin/css/base.css").is_file()
    assert capfd.readouterr().out.startswith(
        "Building static files because app files are new\nRunning collectstatic\n"
    )


@pytest.mark.parametrize(
    ("routes", "mode"),
    [
        ('path("shop/", view)', "own"),
        ('path("shop/list/", view)', "own"),
        ('re_path(r"^shop/", view)', "own"),
        ('path("", view)', "mount"),
        ('path("<path:anything>", view)', "mount"),
        ('path("<slug:page>/", view)', "mount"),
        ('path("shop/", view), path("<path:anything>", view)', "own"),
        ('path("shopping/", view)', "mount"),
    ],
)
def test_a_route_for_everything_is_not_its_own_prefix(
    tmp_path: Path, python: Places, routes: str, mode: str
):
    tree = copied(APPS / "config-var-missing", tmp_path)
    urls = f"from django.urls import path, re_path\n\nview = print\nurlpatterns = [{routes}]\n"
    write(tree, {"mysite/urls.py": urls})
    os.environ["SECRET_KEY"] = "x"
    assert finish(order_for(tree, python)).path_mode == mode


def test_a_failing_collectstatic_fails_the_build(tmp_path: Path, python: Places):
    error = told(order_for(copied(APPS / "collectstatic-fails", tmp_path), python))
    assert error.title == "collectstatic failed."
    assert error.detail.startswith("Its last lines:\n")
    assert "ValueError: The file 'missing.png' could not be found" in error.detail
    assert error.hint == (
        "Correct it and deploy again, or set DISABLE_COLLECTSTATIC=1 to leave it out: "
        "portico config set DISABLE_COLLECTSTATIC=1"
    )


def test_collectstatic_can_be_left_out(tmp_path: Path, python: Places):
    os.environ["DISABLE_COLLECTSTATIC"] = "1"
    tree = copied(APPS / "collectstatic-fails", tmp_path)
    assert finish(order_for(tree, python)).path_mode == "mount"
    assert not (tree / "staticfiles").exists()


def test_a_project_that_cannot_be_set_up_is_a_warning(tmp_path: Path, python: Places):
    finished = finish(order_for(copied(APPS / "config-var-missing", tmp_path), python))
    assert finished.path_mode == "mount"
    assert finished.warnings == (
        "Django could not be set up during the build: KeyError: 'SECRET_KEY'\n"
        "Its settings were not checked, and its routes were not read.",
    )


def test_but_an_error_when_its_static_files_are_asked_for(tmp_path: Path, python: Places):
    tree = copied(APPS / "config-var-missing", tmp_path)
    settings = tree / "mysite/settings.py"
    settings.write_text(settings.read_text() + 'STATIC_ROOT = "/x"\n')
    error = told(order_for(tree, python))
    assert error.title == "Django could not be set up to collect static files."
    assert error.detail.endswith("KeyError: 'SECRET_KEY'")
    assert not re.search(r"site-packages.*\n.*\n.*site-packages.*\n.*\n.*site-p", error.detail)


def test_warns_of_careless_settings_with_the_lines_to_write(tmp_path: Path, python: Places):
    finished = finish(order_for(copied(APPS / "careless-settings", tmp_path), python))
    assert [warning.splitlines()[0] for warning in finished.warnings] == [
        "mysite/settings.py, line 5: DEBUG = True shows viewers the app's code and settings when "
        "something fails.",
        "mysite/settings.py, line 6: ALLOWED_HOSTS does not hold apps.example, so Django answers "
        "400 to every request.",
        "mysite/settings.py, line 10: There is no STATIC_ROOT, so the app's static files are not "
        "collected.",
        "mysite/settings.py, line 8: Nothing serves the static files: whitenoise is missing.",
        "mysite/settings.py, line 11: The SQLite file lies in the app's folder, which every "
        "deploy replaces.",
    ]
    assert finished.warnings[1].endswith(
        'ALLOWED_HOSTS = [os.environ.get("PORTICO_HOSTNAME", "localhost")]'
    )


REQUEST = """
import io, sys
from mysite.wsgi import application

def asked(path):
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/shop", "PATH_INFO": path,
               "SERVER_NAME": "apps.example", "SERVER_PORT": "80", "HTTP_HOST": "apps.example",
               "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr}
    answered = []
    body = b"".join(application(environ, lambda status, headers: answered.append(status)))
    return answered[0], body.decode()

status, page = asked("/admin/login/")
assert status == "200 OK", status
assert 'href="/shop/static/admin/css/base.css"' in page, page
assert asked("/static/admin/css/base.css")[0] == "200 OK"
"""


def printed_lines(tree: Path) -> None:
    """The middleware in place of the wrapper, with the lines that a build prints for it."""
    settings, wsgi = tree / "mysite/settings.py", tree / "mysite/wsgi.py"
    text = settings.read_text().replace(
        "MIDDLEWARE = [", 'MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware",'
    )
    text += 'STATIC_URL = os.environ.get("PORTICO_PATH_PREFIX", "") + "/static/"\n'
    settings.write_text(text + 'WHITENOISE_STATIC_PREFIX = "/static/"\n')
    wsgi.write_text((APPS / "config-var-missing/mysite/wsgi.py").read_text())


@pytest.mark.parametrize("change", [None, printed_lines])
def test_static_files_lie_below_the_prefix_of_a_mounted_project(
    tmp_path: Path, python: Places, change: Callable[[Path], None] | None
):
    tree = copied(EXAMPLES / "django-admin", tmp_path)
    if change:
        change(tree)
    os.environ.update(PORTICO_PATH_PREFIX="/shop", PORTICO_DATA_DIR=str(tmp_path))
    order = order_for(tree, python)
    assert finish(order).warnings == ()
    program = order.places.environment(order.environment) / "bin/python"
    subprocess.run([program, "manage.py", "migrate", "-v0"], cwd=tree, check=True)
    subprocess.run([program, "-c", REQUEST], cwd=tree, check=True)
