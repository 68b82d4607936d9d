"""Every form, installed for real from an index, a repository and files that the test makes."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from portico.builder.install import install
from portico.builder.order import Installed
from tests.builder.apps import copied, manifest_of, write
from tests.builder.installing import has, order_for, python, told, uv
from tests.builder.packages import index, project, repository, served, sha256, wheel

pytestmark = pytest.mark.usefixtures("step_variables")
DECLARED = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'


@pytest.fixture
def packages(
    tmp_path: Path,
    step_variables: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """An index, the only one that installations know."""
    folder = index(tmp_path / "index", "alpha==1.0", "alpha==2.0", "beta==1.0", "gamma==1.0")
    with served(folder) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        yield address


def app(folder: Path, files: dict[str, str]) -> Path:
    return write(folder / "app", {"Procfile": "web: python app.py\n", **files})


@pytest.mark.usefixtures("packages")
class TestRequirements:
    def test_includes_and_constraints(self, tmp_path: Path):
        files = {
            "requirements.txt": "-r more/base.txt\n-c limits.txt\nalpha\n",
            "more/base.txt": "beta\n",
            "limits.txt": "alpha<2\n",
        }
        order = order_for(app(tmp_path, files), tmp_path)
        assert install(order) == Installed()
        assert (has(order, "alpha-1.0"), has(order, "beta-1.0")) == (True, True)

    def test_hashes(self, tmp_path: Path):
        (found,) = (tmp_path / "index/alpha").glob("alpha-1.0-*")
        tree = app(tmp_path, {"requirements.txt": f"alpha==1.0 --hash=sha256:{sha256(found)}\n"})
        assert install(order_for(tree, tmp_path)) == Installed()
        write(tree, {"requirements.txt": f"alpha==1.0 --hash=sha256:{'0' * 64}\n"})
        message = told(order_for(tree, tmp_path))
        assert message.startswith("The packages of requirements.txt cannot be installed.\n")
        assert f"sha256:{sha256(found)}" in message

    def test_a_project_in_the_app_and_one_in_a_folder_of_it(self, tmp_path: Path):
        files = {
            "requirements.txt": "-e .\n-e ./delta\n./epsilon\n",
            **project("delta"),
            **project("epsilon"),
            **{name.removeprefix("app/"): text for name, text in project("app").items()},
            "needs.txt": "alpha==1.0\n",
        }
        order = order_for(app(tmp_path, files), tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "alpha-1.0")
        told = python(order, "import app, delta, epsilon; print(delta.__file__, epsilon.__file__)")
        delta, epsilon = told.split()
        assert delta == str(tmp_path / "app/delta/delta.py")
        assert epsilon.startswith(str(order.places.py))

    def test_wheels_of_the_app(self, tmp_path: Path):
        tree = app(
            tmp_path,
            {"requirements.txt": "--find-links ./wheels\nzeta\n./eta-1.0-py3-none-any.whl\n"},
        )
        wheel(tree / "wheels", "zeta", "3.0")
        wheel(tree, "eta")
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert (has(order, "zeta-3.0"), has(order, "eta-1.0")) == (True, True)
        wheel(tree / "wheels", "zeta", "3.0", "alpha")
        assert order_for(tree, tmp_path, owner=1).key != order.key

    def test_further_indexes(self, tmp_path: Path):
        with served(index(tmp_path / "other", "theta==1.0")) as other:
            text = f"--extra-index-url {other}\nalpha\ntheta\n"
            tree = app(tmp_path, {"requirements.txt": text})
            order = order_for(tree, tmp_path, owner=1)
            assert install(order) == Installed()
            assert (has(order, "alpha-2.0"), has(order, "theta-1.0")) == (True, True)
            write(tree, {"requirements.txt": f"--index-url {other}\ntheta\n"})
            order = order_for(tree, tmp_path, owner=1)
            assert install(order) == Installed()
            assert has(order, "theta-1.0")


def test_a_project_whose_build_misses_a_program(tmp_path: Path):
    files = project("lambada")
    files["lambada/backend.py"] += (
        "\nimport subprocess\n"
        "def build_wheel(*_):\n    subprocess.check_call(['gdal-config', '--version'])\n"
    )
    tree = app(tmp_path, {"requirements.txt": "./lambada\n", **files})
    message = told(order_for(tree, tmp_path, owner=1))
    assert message.startswith("The packages of requirements.txt cannot be installed.\n")
    assert message.endswith(
        "\nThe program gdal-config is missing: write the line `libgdal-dev` into the Aptfile in "
        "the app's root folder, and deploy again."
    )


def test_a_build_without_cache_builds_packages_anew(tmp_path: Path):
    """uv keeps what it has built of a folder until that folder's pyproject.toml changes."""
    tree = app(tmp_path, {"requirements.txt": "./nu\n", **project("nu")})
    assert install(order_for(tree, tmp_path, owner=1)) == Installed()
    write(tree, {"nu/nu.py": "x = 2\n"})
    order = order_for(tree, tmp_path, owner=1)
    for refresh, expected in ((False, "1"), (True, "2")):
        asked = dataclasses.replace(
            order, key=dataclasses.replace(order.key, salt=expected), refresh=refresh
        )
        assert install(asked) == Installed()
        assert python(asked, "import nu; print(nu.x)") == expected


def test_a_private_index_with_a_password_from_the_config_vars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    with served(index(tmp_path / "private", "iota==1.0"), login="me:s3cret-word") as address:
        host = address.partition("://")[2]
        tree = app(
            tmp_path,
            {"requirements.txt": f"--index-url http://me:${{PRIVATE_PASSWORD}}@{host}\niota\n"},
        )
        monkeypatch.setenv("PRIVATE_PASSWORD", "wr0ng-word")
        order = order_for(tree, tmp_path, owner=1)
        message = told(order)
        monkeypatch.setenv("PRIVATE_PASSWORD", "s3cret-word")
        assert install(order) == Installed()
        assert has(order, "iota-1.0")
    written = "".join(capfd.readouterr())
    assert message.startswith("A package index refused the user or the password.\n")
    for word in ("s3cret-word", "wr0ng-word"):
        assert word not in message
        assert word not in written


def test_a_git_repository_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files = {name.removeprefix("kappa/"): text for name, text in project("kappa").items()}
    repository(write(tmp_path / "kappa", files), tmp_path / "git/kappa.git")
    ca = trustme.CA()
    bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    with served(tmp_path / "git", ca=ca) as address:
        text = f"kappa @ git+{address}/kappa.git@main\n"
        order = order_for(app(tmp_path, {"requirements.txt": text}), tmp_path, owner=1)
        message = told(order)
        assert "certificate" in message
        for variable in ("SSL_CERT_FILE", "GIT_SSL_CAINFO"):
            monkeypatch.setenv(variable, str(bundle))
        assert install(order) == Installed()
        assert python(order, "import kappa; print(kappa.x)") == "1"


@pytest.mark.usefixtures("packages")
class TestProjects:
    def test_a_project_that_is_a_package_and_computes_its_dependencies(self, tmp_path: Path):
        files = {name.removeprefix("app/"): text for name, text in project("app").items()}
        files["pyproject.toml"] += '[project]\nname = "app"\ndynamic = ["version", "dependencies"]'
        tree = app(tmp_path, {**files, "needs.txt": "beta\n"})
        order = order_for(tree, tmp_path, owner=1)
        assert order.key.form == "pyproject.toml"
        assert install(order) == Installed()
        assert has(order, "beta-1.0")

    def test_the_default_groups_but_for_dev(self, tmp_path: Path):
        text = (
            DECLARED + 'dependencies = ["alpha"]\n[dependency-groups]\nprod = ["beta"]\n'
            'dev = ["gamma"]\n[tool.uv]\ndefault-groups = ["dev", "prod"]\n'
        )
        order = order_for(app(tmp_path, {"pyproject.toml": text}), tmp_path, owner=1)
        assert install(order) == Installed()
        assert [has(order, f"{name}-1.0") for name in ("beta", "gamma")] == [True, False]
        assert has(order, "alpha-2.0")

    @pytest.mark.parametrize("form", ["pyproject.toml", "requirements.txt"])
    def test_an_index_that_the_project_names_goes_before_the_servers(
        self, tmp_path: Path, form: str
    ):
        with served(index(tmp_path / "other", "theta==1.0")) as other:
            text = f'[[tool.uv.index]]\nurl = "{other}"\ndefault = true\n'
            if form == "pyproject.toml":
                text += DECLARED + 'dependencies = ["theta"]\n'
            files = {"pyproject.toml": text, "requirements.txt": "theta\n"}
            tree = app(tmp_path, {name: files[name] for name in {form, "pyproject.toml"}})
            order = order_for(tree, tmp_path, owner=1)
            assert order.key.form == form
            assert install(order) == Installed()
            assert has(order, "theta-1.0")

    def test_files_that_setuptools_reads_decide_too(self, tmp_path: Path):
        dynamic = '[tool.setuptools.dynamic]\ndependencies = { file = ["needs/base.txt"] }\n'
        system = '[build-system]\nrequires = ["setuptools"]\n'
        project = '[project]\nname = "x"\ndynamic = ["version", "dependencies"]\n'
        tree = app(tmp_path, {"pyproject.toml": project + system + dynamic})
        write(tree, {"needs/base.txt": "alpha"})
        key = manifest_of(tree, tmp_path).key
        assert [name for name, _ in key.files] == ["needs/base.txt", "pyproject.toml"]

    def test_a_lock_file_of_uv(self, tmp_path: Path):
        tree = app(tmp_path, {"pyproject.toml": DECLARED + 'dependencies = ["alpha<2"]\n'})
        uv(tree, tmp_path, "lock", "-q", "--python", sys.executable)
        wheel(tmp_path / "index/alpha", "alpha", "1.5")
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "alpha-1.0")

    @pytest.mark.parametrize("owner", [None, 1])
    def test_a_lock_file_of_uv_that_is_out_of_date(self, tmp_path: Path, owner: int | None):
        tree = app(tmp_path, {"pyproject.toml": DECLARED + 'dependencies = ["alpha"]\n'})
        uv(tree, tmp_path, "lock", "-q", "--python", sys.executable)
        write(tree, {"pyproject.toml": DECLARED + 'dependencies = ["alpha", "beta"]\n'})
        # As if it named PyPI alone: what it names decides whether it can be shared.
        lock = (tree / "uv.lock").read_text()
        registry = lock.split('registry = "')[1].partition('"')[0]
        write(tree, {"uv.lock": lock.replace(registry, "https://pypi.org/simple")})
        assert told(order_for(tree, tmp_path, owner=owner)) == (
            "uv.lock is out of date.\n"
            "pyproject.toml has changed since uv.lock was made, so it is not known which versions "
            "it wants.\n"
            "Type `uv lock` in the app's folder, and deploy again with the new uv.lock."
        )

    def test_a_lock_file_of_a_project_that_computes_its_dependencies(self, tmp_path: Path):
        files = {name.removeprefix("app/"): text for name, text in project("app").items()}
        files["pyproject.toml"] += (
            '[project]\nname = "app"\nrequires-python = ">=3.9"\n'
            'dynamic = ["version", "dependencies"]'
        )
        tree = app(tmp_path, {**files, "needs.txt": "beta\n"})
        uv(tree, tmp_path, "lock", "-q", "--python", sys.executable)
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "beta-1.0")
        write(tree, {"needs.txt": "gamma\n"})
        (tree / "pyproject.toml").touch()  # as unpacking a source does
        shutil.rmtree(order.places.environment(order.key.digest()))
        assert told(order).startswith("uv.lock is out of date.\n")

    def test_a_lock_file_that_names_pypi_where_another_index_stands_in_for_it(self, tmp_path: Path):
        files = {name.removeprefix("app/"): text for name, text in project("app").items()}
        files["pyproject.toml"] += DECLARED.replace("shop", "app") + 'dependencies = ["alpha<2"]'
        tree = app(tmp_path, files)
        uv(tree, tmp_path, "lock", "-q", "--python", sys.executable)
        lock = (tree / "uv.lock").read_text()
        registry = lock.split('registry = "')[1].partition('"')[0]
        named = lock.replace(f'"{registry}"', '"https://pypi.org/simple"')
        write(tree, {"uv.lock": named.replace(registry, "https://files.invalid")})
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "alpha-1.0")
        assert python(order, "import app; print(app.x)") == "1"


def test_names_what_it_ignores(tmp_path: Path):
    tree = write(
        copied("works", tmp_path),
        {
            "uv.lock": "version = 1\n",
            "pyproject.toml": DECLARED,
            "pylock.toml": "",
            "poetry.lock": "",
            "Pipfile.lock": "",
            "environment.yml": "",
        },
    )
    assert manifest_of(tree, tmp_path).warnings == (
        "Packages come from uv.lock; ignored: pylock.toml, poetry.lock, Pipfile.lock, "
        "requirements.txt, environment.yml.",
    )
