"""The operator changes the key of a server that runs."""

from __future__ import annotations

import re

from tests.servers import Server


def test_config_vars_outlive_a_new_key(server: Server) -> None:
    assert server.cli("apps", "create", "rotated").returncode == 0
    assert server.cli("config", "rotated", "set", "A=1").returncode == 0
    done = server.cli("server", "rotate-key", "--data", str(server.data))
    assert re.fullmatch(r"Encrypted \d+ values with the new key [0-9a-f]{8}\.\n", done.stdout), (
        done.stderr
    )
    assert server.cli("config", "rotated", "get", "A").stdout == "1\n"
