"""The systemd unit and the file of variables beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from portico.installation.unit import unit, variables

PROGRAM, DATA = Path("/opt/portico/current/bin/portico"), Path("/var/lib/portico")
ENVIRONMENT = Path("/etc/portico/environment")


def lines(systemd: int) -> list[str]:
    return unit(PROGRAM, DATA, ENVIRONMENT, systemd).splitlines()


def test_the_server_is_ended_by_itself_and_its_processes_outlive_it():
    assert {
        "ExecStart=/opt/portico/current/bin/portico server start --data /var/lib/portico",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "EnvironmentFile=-/etc/portico/environment",
        "KillMode=process",
        "OOMPolicy=continue",
        "Restart=always",
        "TasksMax=infinity",
    } <= set(lines(257))


def test_control_groups_are_delegated_where_the_supervisor_can_start_again_beside_them():
    assert [line for line in lines(254) if line.startswith("Delegate")] == [
        "Delegate=yes",
        "DelegateSubgroup=portico-server",
    ]
    assert [line for line in lines(253) if line.startswith("Delegate")] == ["Delegate=no"]


def test_paths_are_words_whatever_is_in_them():
    text = unit(PROGRAM, Path('/srv/my "data" 100%/$x'), ENVIRONMENT, 257)
    assert '--data "/srv/my \\"data\\" 100%%/$$x"' in text


def test_variables_are_quoted():
    assert variables({"B": 'a "b" $c \\', "A": "1"}) == 'A="1"\nB="a \\"b\\" \\$c \\\\"\n'


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("systemd", [253, 257])
def test_systemd_understands_all_of_it(tmp_path: Path, systemd: int):
    program = tmp_path / "my portico"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "portico.service"
    file.write_text(unit(program, tmp_path / "100% data", tmp_path / "environment", systemd))
    argv = ("systemd-analyze", "--man=no", "verify", str(file))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(file) in line]
    # Newer than the systemd here may be; it is passed over by those that do not know it.
    unknown = [line for line in complaints if "DelegateSubgroup" not in line]
    assert (unknown, done.returncode) == ([], 0)
