"""What `portico check` says of an environment.yml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from portico.builder.check import check
from portico.builder.findings import Finding, Severity
from tests.builder.apps import APPS, write

NAME, ERROR, WARNING = "environment.yml", Severity.ERROR, Severity.WARNING


def found(tree: Path) -> list[Finding]:
    return [finding for finding in check(tree, "shop") if finding.file == NAME]


def test_everything_that_is_wrong_is_found_at_once():
    assert found(APPS / "conda_mistakes") == [
        Finding(ERROR, NAME, 2, "`chanels:` is not a key of this file.", "Write `channels:`."),
        Finding(
            ERROR,
            NAME,
            10,
            "`numpy>=` asks for no conda package: unable to parse version spec: >=.",
            "Write it as `numpy`, `numpy=1.26`, `numpy>=1.26,<2` or `conda-forge::numpy=1.26`.",
        ),
        Finding(
            ERROR,
            NAME,
            12,
            "`https://example.org/linux-64/thing-1.0-0.conda` is a file, not the name of a package.",
            "Name the package instead: `channel::package=version`; what pip installs, below pip.",
        ),
        Finding(
            ERROR,
            NAME,
            15,
            "`npm:` does not belong among the dependencies.",
            "Write `- numpy=1.26` for a conda package, and others below `- pip:`.",
        ),
        Finding(
            ERROR,
            NAME,
            18,
            "PORT is set by Portico.",
            "Write lines such as `  LOG_LEVEL: info` below `variables:`.",
        ),
        Finding(WARNING, NAME, 11, "`pywin32` is left out: it is for [win] only.", ""),
        Finding(WARNING, NAME, 19, "`prefix:` is ignored; Portico chooses the folder.", ""),
    ]


def test_what_only_the_operator_knows_is_a_warning(tmp_path: Path):
    text = "channels:\n  - http://conda.test/lab\ndependencies:\n  - python\n"
    tree = write(tmp_path, {"Procfile": "web: python app.py\n", NAME: text, "app.py": ""})
    assert found(tree) == [
        Finding(
            WARNING,
            NAME,
            2,
            "The channel http://conda.test/lab is not encrypted.",
            "Use its https address, or ask the operator to add it to conda_channels.",
        )
    ]


def test_a_server_that_no_package_brings_is_a_warning(tmp_path: Path):
    text = "channels: [conda-forge]\ndependencies: [flask]\n"
    tree = write(
        tmp_path, {"Procfile": "web: gunicorn app:app\n", NAME: text, "app.py": "app = 1\n"}
    )
    (finding,) = found(tree)
    assert (finding.severity, finding.fix) == (
        WARNING,
        "Add gunicorn to the dependencies in environment.yml.",
    )


def test_only_an_environment_loads_what_reads_it(tmp_path: Path):
    """The command's start must not wait for rattler."""
    program = (
        "import sys; from pathlib import Path; import portico.cli.main\n"
        "from portico.builder.check import check\n"
        "check(Path(sys.argv[1]), 'shop')\n"
        "print(*sorted({'rattler', 'yaml'} & sys.modules.keys()))"
    )

    def loaded(app: str) -> str:
        command = [sys.executable, "-c", program, str(APPS / app)]
        return subprocess.check_output(command, text=True).strip()

    assert loaded("works") == ""
    assert loaded("conda_mistakes") == "rattler yaml"
