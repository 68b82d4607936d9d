"""Stands in for the agent: writes the router's command, ends "the apps" on SIGINT or --end.

Files in the folder of the data folder steer it: `agent-fails` makes SIGINT end it with 1,
`agent-stubborn` makes it ignore SIGTERM, `bootstrap` is what it writes as the bootstrap.
"""

import json
import os
import signal
import sys
from pathlib import Path

data = Path(os.environ["PORTICO_DATA"])
box = data.parent


def end_apps(*_):
    with (box / "ended").open("a") as file:
        file.write("end\n")
    sys.exit(1 if (box / "agent-fails").exists() else 0)


if "--end" in sys.argv:
    with (box / "ended").open("a") as file:
        file.write("--end\n")
    sys.exit(0)

signal.signal(signal.SIGINT, end_apps)
if (box / "agent-stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
wanted = box / "bootstrap"
bootstrap = data / "router" / "bootstrap.json"
bootstrap.write_text(wanted.read_text() if wanted.exists() else "{}")
command = data / "router" / "command.json"
fresh = command.with_suffix(".new")
fresh.write_text(json.dumps([sys.executable, "-I", str(Path(__file__).with_name("router.py"))]))
fresh.rename(command)
while True:
    signal.pause()
