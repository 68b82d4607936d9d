from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "script" / "with_postgres.py"
HAS_POSTGRES = bool(
    shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
)
ASK = """
import os, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("select 6 * 7").fetchone()[0])
sys.exit(3)
"""


@pytest.mark.skipif(not HAS_POSTGRES, reason="needs PostgreSQL")
def test_the_command_finds_a_database_and_its_exit_code_counts():
    done = subprocess.run(
        (sys.executable, str(SCRIPT), sys.executable, "-c", ASK),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("42\n", 3), done.stderr


def test_without_postgresql_it_says_so_and_goes_on(tmp_path: Path):
    program = (
        "import runpy, shutil, pathlib, sys\n"
        "shutil.which = lambda name: None\n"
        "pathlib.Path.glob = lambda *a: iter(())\n"
        f"sys.argv = ['with_postgres.py', 'false']\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=False
    )
    assert done.stdout == "PostgreSQL is absent: these tests run on SQLite only.\n"
    assert done.returncode == 0
