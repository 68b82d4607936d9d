"""What each form says of an app's packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portico.builder.detect import form
from portico.builder.forms.form import Dependencies
from portico.errors import PorticoError
from tests.builder.apps import write

PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["Flask>=3", "gunicorn"]\n'
PACKAGE = PROJECT + '[build-system]\nrequires = ["hatchling"]\n'
UV_LOCK = """
[[package]]
name = "x"
source = { virtual = "." }

[[package]]
name = "flask"
source = { registry = "https://pypi.org/simple" }
"""
PYLOCK = """
lock-version = "1.0"

[[packages]]
name = "flask"
version = "3.0"
marker = "python_version > '3'"
wheels = [{ url = "https://example.org/evil.whl", hashes = { sha256 = "00ff" } }]
"""


def read(tree: Path, name: str) -> Dependencies:
    return form(name).read(tree)


def test_requirements_with_settings_of_uv_are_the_apps_own(tmp_path: Path):
    write(tmp_path, {"requirements.txt": "flask", "uv.toml": "index-url = 'x'"})
    found = read(tmp_path, "requirements.txt")
    assert found.files == ("requirements.txt", "uv.toml")
    assert found.private == "uv.toml steers the installer"


def test_a_project_without_build_system_is_its_dependencies(tmp_path: Path):
    found = read(write(tmp_path, {"pyproject.toml": PROJECT}), "pyproject.toml")
    assert found == Dependencies(("pyproject.toml",), "", frozenset({"flask", "gunicorn"}))


def test_a_project_that_is_a_package_is_the_apps_own(tmp_path: Path):
    before = read(write(tmp_path, {"pyproject.toml": PACKAGE}), "pyproject.toml")
    assert before.private == "pyproject.toml makes the app itself a package"
    changed = read(write(tmp_path, {"src/x/__init__.py": ""}), "pyproject.toml")
    assert changed.shape != before.shape
    edited = read(write(tmp_path, {"src/x/__init__.py": "x = 1"}), "pyproject.toml")
    assert edited.shape == changed.shape


@pytest.mark.parametrize(
    ("addition", "reason"),
    [
        ('dynamic = ["dependencies"]', "pyproject.toml computes some of its fields"),
        ('[tool.uv]\nindex-url = "x"', "[tool.uv] in pyproject.toml steers the installer"),
    ],
)
def test_a_project_that_is_not_plain_is_the_apps_own(tmp_path: Path, addition: str, reason: str):
    write(tmp_path, {"pyproject.toml": PROJECT + addition})
    assert read(tmp_path, "pyproject.toml").private == reason


def test_a_project_with_addresses_is_the_apps_own(tmp_path: Path):
    text = '[project]\nname = "x"\ndependencies = ["a @ https://me:secret@example.org/a.whl"]'
    write(tmp_path, {"pyproject.toml": text})
    assert read(tmp_path, "pyproject.toml").private == (
        "pyproject.toml asks for `a` from elsewhere"
    )


def test_a_uv_lock_of_public_packages_is_shared(tmp_path: Path):
    write(tmp_path, {"uv.lock": UV_LOCK, "pyproject.toml": PROJECT})
    found = read(tmp_path, "uv.lock")
    assert found == Dependencies(("uv.lock", "pyproject.toml"), "", frozenset({"x", "flask"}))


@pytest.mark.parametrize("source", ['git = "https://x.org/a"', 'registry = "https://x.org/simple"'])
def test_a_uv_lock_with_other_sources_is_the_apps_own(tmp_path: Path, source: str):
    lock = f'{UV_LOCK}\n[[package]]\nname = "mine"\nsource = {{ {source} }}\n'
    write(tmp_path, {"uv.lock": lock, "pyproject.toml": PROJECT})
    assert read(tmp_path, "uv.lock").private == "uv.lock takes mine from elsewhere"


def test_a_pylock_of_public_packages_is_shared(tmp_path: Path):
    found = read(write(tmp_path, {"pylock.toml": PYLOCK}), "pylock.toml")
    assert found == Dependencies(("pylock.toml",), "", frozenset({"flask"}))


@pytest.mark.parametrize(
    "addition",
    [
        '[[packages]]\nname = "mine"\nvcs = { url = "https://x.org/a" }',
        '[[packages]]\nname = "mine"\nversion = "1"\nindex = "https://x.org"\n'
        'wheels = [{ hashes = { sha256 = "00" } }]',
        '[[packages]]\nname = "mine"\nversion = "1"\nmarker = "a\\n-e ./evil"\n'
        'wheels = [{ hashes = { sha256 = "00" } }]',
    ],
)
def test_a_pylock_with_other_sources_is_the_apps_own(tmp_path: Path, addition: str):
    write(tmp_path, {"pylock.toml": f"{PYLOCK}\n{addition}\n"})
    assert read(tmp_path, "pylock.toml").private == "pylock.toml takes mine from elsewhere"


# Made by poetry 2.5 and pipenv 2026.10 themselves.
POETRY = """
[project]
name = "x"
version = "1"
requires-python = ">=3.9"
dependencies = ["itsdangerous==2.1.2"]
[dependency-groups]
dev = ["blinker"]
[tool.poetry]
package-mode = false
[tool.poetry.group.docs.dependencies]
markupsafe = "*"
"""
OLD_POETRY = """
[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "^3.9"
itsdangerous = "2.1.2"
[tool.poetry.group.dev.dependencies]
blinker = "*"
"""
PIPFILE = """
[packages]
ItsDangerous = "==2.1.2"
[dev-packages]
blinker = "*"
[docs]
MarkupSafe = "*"
[requires]
python_version = "3.11"
[scripts]
x = "y"
"""
POETRY_HASH = "376cb52e5b0e86f4695c442be0760c9941d9806663a909172e0b4f851884bbe2"
POETRY_2_2_HASH = "6d1087dbcb9505b45e17a531a4d2d08de665f895a804cd64e5c8a2d6e179061a"
OLD_POETRY_HASH = "323f360e23c94d801e81717a02004eb95ef2d0e932eb21af3884555189d1387c"
PIPFILE_HASH = "d3ed63861daabc67e9edbc546c741737c07071145a0a3be89a0f50e56e86eb79"
OLD_PIPFILE_HASH = "9194883d7f7eafe1d79fb5e9ecc9b71a480b7d17cb0157ee45ddb9ff6f49aa2b"


def poetry(folder: Path, text: str, content_hash: str) -> Path:
    lock = f'[[package]]\nname = "flask"\n[metadata]\ncontent-hash = "{content_hash}"\n'
    return write(folder, {"poetry.lock": lock, "pyproject.toml": text})


def pipfile(folder: Path, digest: str) -> Path:
    lock = {"_meta": {"hash": {"sha256": digest}}, "default": {"flask": {}}}
    return write(folder, {"Pipfile.lock": json.dumps(lock), "Pipfile": PIPFILE})


@pytest.mark.parametrize(
    ("text", "content_hash"),
    [(POETRY, POETRY_HASH), (POETRY, POETRY_2_2_HASH), (OLD_POETRY, OLD_POETRY_HASH)],
)
def test_a_poetry_lock_is_the_apps_own(tmp_path: Path, text: str, content_hash: str):
    assert read(poetry(tmp_path, text, content_hash), "poetry.lock") == Dependencies(
        ("poetry.lock", "pyproject.toml"),
        "poetry runs the project's own plug-ins",
        frozenset({"flask"}),
    )


@pytest.mark.parametrize("digest", [PIPFILE_HASH, OLD_PIPFILE_HASH])
def test_a_pipfile_lock_is_the_apps_own(tmp_path: Path, digest: str):
    assert read(pipfile(tmp_path, digest), "Pipfile.lock") == Dependencies(
        ("Pipfile.lock", "Pipfile"), "pipenv reads the project itself", frozenset({"flask"})
    )


def test_says_how_to_refresh_a_lock_file_that_is_out_of_date(tmp_path: Path):
    poetry(tmp_path, POETRY.replace("itsdangerous", "flask"), POETRY_HASH)
    with pytest.raises(PorticoError) as caught:
        read(tmp_path, "poetry.lock")
    assert str(caught.value) == (
        "poetry.lock is out of date.\n"
        "pyproject.toml has changed since poetry.lock was made, so it is not known which versions "
        "it wants.\n"
        "Type `poetry lock` in the app's folder, and deploy again with the new poetry.lock."
    )
    with pytest.raises(PorticoError) as caught:
        read(pipfile(tmp_path, "0" * 64), "Pipfile.lock")
    assert str(caught.value) == (
        "Pipfile.lock is out of date.\n"
        "Pipfile has changed since Pipfile.lock was made, so it is not known which versions it "
        "wants.\n"
        "Type `pipenv lock` in the app's folder, and deploy again with the new Pipfile.lock."
    )


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("uv.lock", UV_LOCK, "uv.lock has no project beside it."),
        ("poetry.lock", "", "poetry.lock has no project beside it."),
        ("Pipfile.lock", "{}", "Pipfile.lock has no Pipfile beside it."),
        ("pylock.toml", "", "pylock.toml cannot be understood."),
        ("pyproject.toml", "[", "pyproject.toml is not valid TOML."),
        ("requirements.txt", "a\udcff", "requirements.txt is not UTF-8 text."),
        ("environment.yml", "[", "environment.yml cannot be carried out."),
    ],
)
def test_explains_a_form_that_makes_no_sense(tmp_path: Path, name: str, text: str, title: str):
    (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(PorticoError) as caught:
        read(tmp_path, name)
    assert caught.value.title == title
    assert caught.value.detail
    assert caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_tells_where_utf16_comes_from(tmp_path: Path, encoding: str):
    (tmp_path / "requirements.txt").write_bytes("\ufeffflask==3.1\r\n".encode(encoding))
    with pytest.raises(PorticoError) as caught:
        read(tmp_path, "requirements.txt")
    assert str(caught.value) == (
        "requirements.txt is not UTF-8 text.\n"
        "It is UTF-16, as Windows PowerShell writes what `>` sends to a file.\n"
        "Write it anew, in PowerShell: "
        "(Get-Content requirements.txt) | Set-Content -Encoding utf8 requirements.txt"
    )


def test_reads_what_windows_writes(tmp_path: Path):
    (tmp_path / "requirements.txt").write_bytes("\ufeffFlask==3.1\r\ngunicorn\r\n".encode())
    assert read(tmp_path, "requirements.txt").names == {"flask", "gunicorn"}


def test_asks_for_the_lock_file_of_a_project_that_only_poetry_can_install(tmp_path: Path):
    project = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nflask = "*"\n'
    (tmp_path / "pyproject.toml").write_text(project + "[build-system]\nrequires = []\n")
    with pytest.raises(PorticoError) as caught:
        read(tmp_path, "pyproject.toml")
    assert str(caught.value) == (
        "pyproject.toml is poetry's, and there is no poetry.lock.\n"
        "It lists its packages under [tool.poetry] alone, and says package-mode = false.\n"
        "Type `poetry lock` in the app's folder, and deploy again with the new poetry.lock."
    )


def test_knows_the_packages_of_a_poetry_project(tmp_path: Path):
    project = '[tool.poetry.dependencies]\npython = "^3.11"\nGunicorn = "*"\n'
    (tmp_path / "pyproject.toml").write_text(project + "[build-system]\nrequires = []\n")
    assert read(tmp_path, "pyproject.toml").names == {"python", "gunicorn"}
