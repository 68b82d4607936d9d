"""What `portico check` prints, without running any of the app's code."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from portico.builder.check import check
from portico.builder.findings import Finding, Severity
from tests.builder.apps import APPS, EXAMPLES, write

ERROR, WARNING = Severity.ERROR, Severity.WARNING
NAMES = {"django-polls": "my-django-app"}

SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
]
ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
}
STATIC_URL = "static/"
"""
PROJECT = {
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")',
    "mysite/__init__.py": "",
    "mysite/settings.py": SETTINGS,
    "mysite/urls.py": 'urlpatterns = [path("admin/", admin.site.urls)]',
    "mysite/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
    "application = get_wsgi_application()\n",
    "Procfile": "web: gunicorn mysite.wsgi\n",
    "requirements.txt": "django\n",
}


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_has_nothing_to_say_about_the_examples(name: str):
    assert check(EXAMPLES / name, NAMES.get(name, "x")) == []


def test_prints_all_that_a_fresh_project_needs(tmp_path: Path):
    settings = "mysite/settings.py"
    assert check(write(tmp_path, PROJECT), "shop") == [
        Finding(
            WARNING,
            "requirements.txt",
            None,
            "The Procfile starts gunicorn, which requirements.txt does not name.",
            "Add a line `gunicorn` to requirements.txt.",
        ),
        Finding(
            WARNING,
            settings,
            5,
            "DEBUG = True shows viewers the app's code and settings when something fails.",
            'import os  # at the top of the file\nDEBUG = "PORTICO_APP_NAME" not in os.environ',
        ),
        Finding(
            WARNING,
            settings,
            6,
            "ALLOWED_HOSTS does not hold the host of the server, so Django answers 400 to every "
            "request.",
            "import os  # at the top of the file\n"
            'ALLOWED_HOSTS = [os.environ.get("PORTICO_HOSTNAME", "localhost")]',
        ),
        Finding(
            WARNING,
            settings,
            16,
            "There is no STATIC_ROOT, so the app's static files are not collected.",
            'STATIC_ROOT = BASE_DIR / "staticfiles"',
        ),
        Finding(
            WARNING,
            "mysite/wsgi.py",
            2,
            "Nothing serves the static files: whitenoise is missing.",
            "from django.conf import settings\n"
            "from whitenoise import WhiteNoise\n"
            "application = WhiteNoise(get_wsgi_application(), root=settings.STATIC_ROOT, "
            'prefix="static/")',
        ),
        Finding(
            WARNING,
            settings,
            13,
            "The SQLite file lies in the app's folder, which every deploy replaces.",
            "import os  # at the top of the file\n"
            '"NAME": Path(os.environ.get("PORTICO_DATA_DIR", BASE_DIR)) / "db.sqlite3",',
        ),
        Finding(
            WARNING,
            "requirements.txt",
            None,
            "whitenoise, which serves Django's static files, is not among the packages.",
            "Add a line `whitenoise` to requirements.txt.",
        ),
    ]


def test_reads_settings_that_import_others(tmp_path: Path):
    files = {
        **PROJECT,
        "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings.production")',
        "mysite/settings/__init__.py": "",
        "mysite/settings/base.py": "import os\nDEBUG = True\nALLOWED_HOSTS = ['*']\n",
        "mysite/settings/production.py": "from .base import *\n\nDEBUG = True\n",
    }
    del files["mysite/settings.py"]
    found = check(write(tmp_path, files), "shop")
    assert ("mysite/settings/production.py", 3) in [(f.file, f.line) for f in found]


def test_believes_computed_settings(tmp_path: Path):
    text = (
        "import os\nDEBUG = bool(os.environ.get('X'))\nALLOWED_HOSTS = hosts()\n"
        "DATA = os.environ['DATA']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': DATA + '/x'}}\n"
    )
    files = {**PROJECT, "mysite/settings.py": text, "requirements.txt": "gunicorn\n"}
    assert check(write(tmp_path, files), "shop") == []


def whats(tree: Path) -> list[str]:
    return [finding.what for finding in check(tree, "shop")]


OUTSIDE = "STATIC_URL begins with a slash, so static files are looked for outside of the app."
EARLY = (
    "whitenoise's middleware fixes the addresses of static files at the start, without the app's "
    "prefix /shop/."
)
MIDDLEWARE = SETTINGS.replace("security.Security", "whitenoise.White")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SETTINGS, None),
        (SETTINGS.replace('"static/"', '"/static/"'), OUTSIDE),
        (MIDDLEWARE, EARLY),
        (MIDDLEWARE.replace('"static/"', '"/static/"'), EARLY),
        (MIDDLEWARE.replace('"static/"', '"/shop/static/"'), EARLY),
        (
            MIDDLEWARE.replace('"static/"', '"/shop/static/"')
            + 'WHITENOISE_STATIC_PREFIX = "/static/"',
            None,
        ),
        (MIDDLEWARE.replace('"static/"', 'prefix() + "/static/"'), None),
    ],
)
def test_warns_of_static_addresses_without_the_prefix(
    tmp_path: Path, settings: str, expected: str | None
):
    found = whats(write(tmp_path, {**PROJECT, "mysite/settings.py": settings}))
    assert [what for what in found if what in (OUTSIDE, EARLY)] == ([expected] if expected else [])


def test_leaves_static_addresses_to_a_project_that_routes_its_prefix(tmp_path: Path):
    files = {"mysite/settings.py": MIDDLEWARE, "mysite/urls.py": 'urlpatterns = [path("shop/", x)]'}
    assert EARLY not in whats(write(tmp_path, {**PROJECT, **files}))


def test_an_asgi_server_needs_whitenoises_middleware(tmp_path: Path):
    files = {**PROJECT, "Procfile": "web: uvicorn mysite.asgi:application", "mysite/asgi.py": ""}
    (finding,) = [f for f in check(write(tmp_path, files), "shop") if "Nothing serves" in f.what]
    assert (finding.file, finding.line) == ("mysite/settings.py", 8)
    assert finding.fix == (
        "import os  # at the top of the file\n"
        '"whitenoise.middleware.WhiteNoiseMiddleware",  # right after SecurityMiddleware\n'
        'STATIC_URL = os.environ.get("PORTICO_PATH_PREFIX", "") + "/static/"\n'
        'WHITENOISE_STATIC_PREFIX = "/static/"'
    )


def test_warns_when_nothing_answers_at_the_root(tmp_path: Path):
    urls = 'urlpatterns = [\n    path("polls/", include("polls.urls")),\n]'
    files = {**PROJECT, "mysite/urls.py": urls}
    expected = Finding(
        WARNING,
        "mysite/urls.py",
        2,
        "No route answers at the app's root, /shop/.",
        'Add a route such as `path("shop/", ...)`, or `path("", ...)`.',
    )
    assert expected in check(write(tmp_path, files), "shop")
    assert expected not in check(write(tmp_path, files), "polls")


def test_names_a_module_that_does_not_exist():
    folder = APPS / "wsgi-module-missing"
    assert check(folder, "x") == [
        Finding(
            WARNING,
            "Procfile",
            1,
            "There is no module mysite.wsgi in this folder.",
            "Write `web: gunicorn shop.wsgi` into the Procfile.",
        )
    ]


def test_is_sure_of_a_module_of_the_apps_own_package(tmp_path: Path):
    files = {**PROJECT, "Procfile": "web: gunicorn mysite.wsgy"}
    (finding,) = [f for f in check(write(tmp_path, files), "shop") if f.file == "Procfile"]
    assert finding.severity is ERROR
    assert finding.what == "There is no module mysite.wsgy in this folder."


def test_reports_what_the_build_would_end_with():
    found = check(APPS / "two-problems", "x")
    assert [(f.severity, f.file, f.line) for f in found] == [
        (ERROR, "Procfile", 1),
        (ERROR, "requirements.txt", None),
    ]


def test_reports_each_line_of_a_procfile_that_is_wrong(tmp_path: Path):
    tree = write(tmp_path, {"Procfile": "web\nclock:\n", "requirements.txt": ""})
    assert check(tree, "x") == [
        Finding(ERROR, "Procfile", 1, "`web` has no colon.", "Write `web: COMMAND`."),
        Finding(
            ERROR,
            "Procfile",
            2,
            "`clock` has no command.",
            "Write behind the colon what it runs, or remove the line.",
        ),
    ]


def test_reports_what_is_read_otherwise_than_written(tmp_path: Path):
    tree = write(
        tmp_path, {"Procfile": "Web: x", "requirements.txt": "", "app.json": '{"cron": [1]}'}
    )
    assert check(tree, "x") == [
        Finding(WARNING, "Procfile", 1, "`Web` is read as `web`.", "Write `web: x`."),
        Finding(
            WARNING,
            "app.json",
            1,
            "`cron` is not carried out yet; schedules come with a later version.",
            "Leave it out until then.",
        ),
    ]


def test_reports_what_only_the_build_used_to_say(tmp_path: Path):
    files = {
        "Procfile": "web: python ap.py\nworker: cd x && python y.py\n",
        "app.py": "",
        "requirements.txt": "",
        "pylock.toml": "packages = \n",
        "environment.yml": "",
        "app.json": '{"formation": {"clock": 1}}',
        "pyproject.toml": '[project]\nrequires-python = "three"',
    }
    assert check(write(tmp_path, files), "x") == [
        Finding(
            ERROR,
            "pylock.toml",
            1,
            "pylock.toml is not valid TOML. Invalid value (at line 1, column 12).",
            "Correct pylock.toml there.",
        ),
        Finding(
            ERROR,
            "pyproject.toml",
            2,
            "requires-python of pyproject.toml cannot be understood. It says `three`.",
            "Write one such as `>=3.11`.",
        ),
        Finding(
            ERROR,
            "app.json",
            None,
            "app.json scales a process type that there is not: clock. The Procfile has web, "
            "worker.",
            "Add a line for clock to the Procfile, or remove it from `formation`.",
        ),
        Finding(
            WARNING,
            "Procfile",
            1,
            "There is no file ap.py in this folder.",
            "Write `web: python app.py`.",
        ),
        *(
            Finding(
                WARNING,
                name,
                None,
                "It is ignored: the packages come from pylock.toml.",
                f"Remove {name}, or pylock.toml.",
            )
            for name in ("requirements.txt", "environment.yml", "pyproject.toml")
        ),
    ]


def test_is_sure_of_a_server_that_nothing_brings():
    (finding,) = check(APPS / "gunicorn-missing", "x")
    assert finding == Finding(
        ERROR,
        "requirements.txt",
        None,
        "The Procfile starts gunicorn, which requirements.txt does not name.",
        "Add a line `gunicorn` to requirements.txt.",
    )


def test_a_program_of_its_own_takes_the_port_that_it_is_given(tmp_path: Path):
    program = """from flask import Flask
app = Flask(__name__)
if __name__ == "__main__":
    app.run(host="127.0.0.1", port=8050, debug=True)
"""
    files = {"Procfile": "web: python app.py", "requirements.txt": "flask", "app.py": program}
    assert check(write(tmp_path, files), "x") == [
        Finding(
            WARNING,
            "app.py",
            4,
            "It listens on port 8050, not on the one in the variable PORT, so nothing reaches it.",
            "import os  # at the top of the file\n"
            'port=int(os.environ.get("PORT", 8050)),  # in the call of app.run',
        ),
        Finding(
            WARNING,
            "app.py",
            4,
            "debug=True shows viewers the app's code, and a console, when something fails.",
            "import os  # at the top of the file\n"
            'debug="PORTICO_APP_NAME" not in os.environ,  # in the call of app.run',
        ),
    ]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("app = flask.Flask(__name__)\napp.run()", ["It listens on port 5000, not on the one"]),
        ("app = Flask(__name__)\napp.run('0.0.0.0', int(os.environ['PORT']))", []),
        ("app = Flask(__name__)\napp.run(**options)", []),
        ("app = Dash(__name__)\napp.run()", []),  # takes PORT by itself
        ("uvicorn.run('app:app', port=8001)", ["It listens on port 8001, not on the one"]),
        ("app.run(port=int(os.getenv('PORT', 5000)))", []),
        ("subprocess.run(['ls'])", []),
        ("app.run(", []),
    ],
)
def test_knows_fixed_ports_from_chosen_ones(tmp_path: Path, program: str, said: list[str]):
    files = {"Procfile": "web: python app.py", "requirements.txt": "flask", "app.py": program}
    found = check(write(tmp_path, files), "x")
    assert [finding.what[: len(what)] for finding, what in zip(found, said, strict=True)] == said


def test_what_a_program_says_counts_only_when_the_web_line_starts_it(tmp_path: Path):
    files = {"requirements.txt": "flask\ngunicorn", "app.py": "app = Flask(1)\napp.run(debug=True)"}
    assert check(write(tmp_path, files | {"Procfile": "web: gunicorn app:app"}), "x") == []


def test_asks_uv_whether_its_lock_file_is_up_to_date(tmp_path: Path):
    uv = Path(find_uv_bin())
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
    files = {"Procfile": "web: x", "pyproject.toml": project + "dependencies = []\n"}
    write(tmp_path, files)
    subprocess.run([uv, "lock", "-q", "--offline"], cwd=tmp_path, check=True)
    assert check(tmp_path, "x", uv=uv) == []
    write(tmp_path, {"pyproject.toml": project + 'dependencies = ["flask"]\n'})
    assert check(tmp_path, "x", uv=uv) == [
        Finding(
            ERROR,
            "uv.lock",
            None,
            "uv.lock is out of date. pyproject.toml has changed since uv.lock was made, so it is "
            "not known which versions it wants.",
            "Type `uv lock` in the app's folder, and deploy again with the new uv.lock.",
        )
    ]


def test_names_what_the_ignore_rules_keep_from_being_sent(tmp_path: Path):
    tree = write(tmp_path, {**PROJECT, "mysite/settings.py": "", "requirements.txt": "gunicorn\n"})
    found = check(tree, "shop", ["mysite/urls.py"])
    assert [finding for finding in found if ".gitignore" in finding.what] == [
        Finding(
            severity,
            file,
            None,
            "The app needs it, but .gitignore keeps it from being sent.",
            f"Remove the line of .gitignore that names it: git check-ignore -v {file}",
        )
        for severity, file in (
            (ERROR, "Procfile"),
            (WARNING, "manage.py"),
            (ERROR, "requirements.txt"),
            (WARNING, "mysite/wsgi.py"),
            (WARNING, "mysite/settings.py"),
        )
    ]


@pytest.mark.parametrize("name", sorted(path.name for path in APPS.iterdir() if path.is_dir()))
def test_runs_nothing_and_writes_nothing(tmp_path: Path, name: str):
    tree = tmp_path / "app"
    shutil.copytree(APPS / name, tree)
    before = sorted(str(path) for path in tree.rglob("*"))
    check(tree, "x")
    assert sorted(str(path) for path in tree.rglob("*")) == before


@pytest.mark.parametrize(
    "text", ["DEBUG = ", "\0", "(" * 5000, "é".encode("latin1").decode("utf-8", "replace")]
)
def test_survives_settings_that_are_no_python(tmp_path: Path, text: str):
    check(write(tmp_path, {**PROJECT, "mysite/settings.py": text}), "shop")
