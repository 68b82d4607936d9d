"""What the last lines of a failed program teach."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from portico.builder import system_packages
from portico.builder.lessons import Context, lesson
from portico.builder.module_names import PACKAGES, package_of

CONTEXT = Context("requirements.txt", ("app", "mysite", "mysite.settings", "shop"))


def taught(*lines: str, form: str = "requirements.txt") -> str | None:
    return lesson(lines, Context(form, CONTEXT.modules))


def aptfile(what: str, line: str) -> str:
    return (
        f"{what} is missing: write the line `{line}` into the Aptfile in the app's root folder, "
        "and deploy again."
    )


@pytest.mark.parametrize(
    ("line", "what", "package"),
    [
        (
            "ImportError: libodbc.so.2: cannot open shared object file: No such file or directory",
            "The library libodbc.so.2",
            "unixodbc",
        ),
        (
            "OSError: libgomp.so.1: cannot open shared object file: No such file or directory",
            "The library libgomp.so.1",
            "libgomp1",
        ),
        (
            "OSError: libgdal.so.32: cannot open shared object file: No such file or directory",
            "The library libgdal.so.32",
            "gdal-bin",
        ),
        (
            "src/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory",
            "The file ffi.h",
            "libffi-dev",
        ),
        (
            "      hello.c:1:10: fatal error: Python.h: No such file or directory",
            "The file Python.h",
            "python3-dev",
        ),
        (
            "cairo/device.c:33:10: fatal error: 'cairo.h' file not found",
            "The file cairo.h",
            "libcairo2-dev",
        ),
        (
            "sh: 1: mysql_config: not found",
            "The program mysql_config",
            "default-libmysqlclient-dev",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'gdal-config'",
            "The program gdal-config",
            "libgdal-dev",
        ),
        (
            "error: command 'gcc' failed: No such file or directory",
            "The program gcc",
            "build-essential",
        ),
        (
            "error: command '/usr/bin/x86_64-linux-gnu-gcc' failed: No such file or directory",
            "The program gcc",
            "build-essential",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/usr/bin/ffmpeg'",
            "The program ffmpeg",
            "ffmpeg",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: Could not find the GDAL library "
            '(tried "gdal").',
            "The GDAL library",
            "gdal-bin",
        ),
        (
            "ImportError: failed to find libmagic.  Check your installation",
            "The library libmagic",
            "libmagic1",
        ),
        (
            'OSError: no library called "cairo-2" was found',
            "The cairo library",
            "libcairo2",
        ),
    ],
)
def test_names_the_line_of_the_aptfile(line: str, what: str, package: str):
    assert taught("Traceback (most recent call last):", line, "exit status 1") == aptfile(
        what, package
    )


def test_names_what_does_without():
    assert taught("Error: pg_config executable not found.") == (
        aptfile("The program pg_config", "libpq-dev")
        + " Or require psycopg2-binary instead of psycopg2, which needs no such package."
    )
    line = "ImportError: libGL.so.1: cannot open shared object file: No such file or directory"
    assert taught(line) == (
        aptfile("The library libGL.so.1", "libgl1")
        + " Or require opencv-python-headless instead of opencv-python, which needs no such "
        "package."
    )


def test_a_sentence_of_the_package_goes_before_what_led_to_it():
    assert taught(
        "/bin/sh: 1: pkg-config: not found", "Exception: Can not find valid pkg-config name."
    ) == aptfile("The MySQL client library", "pkg-config default-libmysqlclient-dev")


def test_says_how_to_find_the_package_of_a_library_that_it_does_not_know():
    line = "ImportError: libfoo.so.3: cannot open shared object file: No such file or directory"
    assert taught(line) == (
        "The library libfoo.so.3 is missing: find the Debian package that holds it "
        "(`apt-file search libfoo.so.3` knows), write its name into the Aptfile in the app's root "
        "folder, and deploy again."
    )


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("yaml", "pyyaml"),
        ("PIL", "pillow"),
        ("PIL.Image", "pillow"),
        ("cv2", "opencv-python-headless"),
        ("sklearn.linear_model", "scikit-learn"),
        ("dotenv", "python-dotenv"),
        ("bs4", "beautifulsoup4"),
        ("MySQLdb", "mysqlclient"),
        ("psycopg2", "psycopg2-binary"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("pandas", "pandas"),
        ("my_package.sub", "my-package"),
    ],
)
def test_names_the_requirement_of_a_module(module: str, package: str):
    assert package_of(module) == package
    assert taught(f"ModuleNotFoundError: No module named '{module}'") == (
        f"The module {module} is missing: add a line `{package}` to requirements.txt, and deploy "
        "again."
    )


@pytest.mark.parametrize(
    ("form", "adding"),
    [
        ("uv.lock", "type `uv add pyyaml` in the app's folder"),
        ("poetry.lock", "type `poetry add pyyaml` in the app's folder"),
        ("Pipfile.lock", "type `pipenv install pyyaml` in the app's folder"),
        ("environment.yml", "add pyyaml to the dependencies in environment.yml"),
        ("", "add pyyaml to the app's packages"),
    ],
)
def test_says_where_a_requirement_belongs(form: str, adding: str):
    assert taught("ModuleNotFoundError: No module named 'yaml'", form=form) == (
        f"The module yaml is missing: {adding}, and deploy again."
    )


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("shpo", "The app has no module shpo, but one named shop: correct the name."),
        (
            "mysite.setings",
            "The app has no module mysite.setings, but one named mysite.settings: correct the "
            "name.",
        ),
        (
            "mysite.local",
            "The app has no module mysite.local: correct the name, or deploy that file as well "
            "(.gitignore may leave it out).",
        ),
    ],
)
def test_a_module_of_the_app_is_not_taken_for_a_package(module: str, told: str):
    assert taught(f"ModuleNotFoundError: No module named '{module}'") == told


def test_the_driver_of_a_database_is_a_module_too():
    line = "ImproperlyConfigured: Error loading psycopg2 or psycopg module"
    assert taught(line) == (
        "The module psycopg is missing: add a line `psycopg[binary]` to requirements.txt, and "
        "deploy again."
    )


@pytest.mark.parametrize(
    "line",
    ["KeyError: 'X'", "sh: 1: mytool: not found", "FileNotFoundError: [Errno 2] ...: 'data.csv'"],
)
def test_says_nothing_where_nothing_is_missing(line: str):
    assert taught("Traceback", line) is None


def test_reads_only_the_beginning_of_a_long_line():
    line = "ModuleNotFoundError: No module named 'yaml'"
    assert taught(" " * 300 + line)
    assert taught(" " * 400 + line) is None


def test_module_names_differ_from_those_of_their_packages_or_are_plain():
    assert all(package == package.strip().lower() for package in PACKAGES.values())


@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="apt-cache is not here")
def test_debian_has_these_packages():
    sentences = (package for _, package in system_packages.SENTENCES.values())
    lines = [
        *system_packages.LIBRARIES.values(),
        *system_packages.NUMBERED.values(),
        *system_packages.PROGRAMS.values(),
        *system_packages.HEADERS.values(),
        *sentences,
    ]
    names = {name for line in lines for name in line.split()}
    shown = subprocess.run(
        ["apt-cache", "--quiet", "show", "--no-all-versions", *sorted(names)],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    there = {
        line.removeprefix("Package: ") for line in shown.splitlines() if line.startswith("Package:")
    }
    if "gdal-bin" not in there:
        pytest.skip("the package lists are not at hand")
    assert names - there == set()
