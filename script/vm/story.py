"""What is tried in the machine, a function each, in this order. Each prints what it has seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from script.vm.image import NEW, OLD, say

# Builds find their packages in a folder, as on a machine without internet.
SETUP = "export UV_OFFLINE=1 PORTICO_PACKAGE_INDEX=file:///srv/wheels"
WHEEL = "/srv/portico/portico-{}-py3-none-any.whl"
PAGE = "curl -s -o /dev/null -w '%{http_code}' --max-time 300 http://portico.test/polls/"
AS_AUTHOR = "export PORTICO_SERVER=http://portico.test PORTICO_TOKEN=$(cat /root/token) && "
# What belongs to the machine, but for what any running system writes.
MACHINE = """
find / -xdev \\( -path /proc -o -path /sys -o -path /tmp -o -path /root -o -path /var/log -o -path /run \
  -o -path /var/tmp -o -path /var/lib/systemd \\) -prune -o -print | sort
find /run -xdev -name 'portico*' | sort; getent passwd; getent group
systemctl list-unit-files --no-legend; nft list ruleset
find /sys/fs/cgroup -type d -name '*portico*'
sysctl -a 2>/dev/null | grep -E 'forward|accept_ra|inotify'
ip -br link | cut -d ' ' -f 1
"""


class Machine(Protocol):
    """A running one, however it runs."""

    def run(self, command: str, *, check: bool = True) -> str: ...

    def reboot(self) -> None: ...


ASKING = """
import collections, sys, time, urllib.request
seen = collections.Counter()
while not __import__("os").path.exists("/tmp/enough"):
    for path in ("/polls/", "/-/ready"):
        try:
            seen[path, urllib.request.urlopen("http://portico.test" + path, timeout=300).status] += 1
        except Exception as error:
            seen[path, repr(error)] += 1
print(dict(seen))
"""


def install(machine: Machine) -> None:
    machine.run(f"({MACHINE}) > /root/before")
    program = f"{SETUP} && /root/setup/bin/portico server install"
    words = "--listen 0.0.0.0:80 --url http://portico.test"
    print(machine.run(f"{program} --from {WHEEL.format(OLD)} {words}"))
    print(
        machine.run(
            "systemctl status --no-pager --lines 3 portico | cut -c1-120; portico server status"
        )
    )
    print(machine.run(f"{program} --from {WHEEL.format(OLD)} {words}"))


def deploy(machine: Machine) -> None:
    machine.run("portico server token | tail -1 > /root/token")
    print(
        machine.run(
            f"{AS_AUTHOR} portico deploy /srv/django-polls --app polls --yes 2>&1 | tail -3"
        )
    )
    machine.run(f"{AS_AUTHOR} portico access polls public")
    print(machine.run(f"{AS_AUTHOR} portico ps polls"))
    _require_page(machine)


def limits(machine: Machine) -> None:
    """Control groups of version 2, as the kernel tells of them."""
    print(machine.run("systemd-cgls --no-pager -u portico.service"))
    files = "memory.max memory.high memory.low cpu.max cpu.weight pids.max"
    group = "find /sys/fs/cgroup -type d -path '*portico*'"
    print(
        machine.run(
            f"for g in $({group}); do for f in {files}; do "
            "[ -e $g/$f ] && echo $g/$f: $(cat $g/$f); done; done; true"
        )
    )


def doctor(machine: Machine) -> None:
    print(machine.run("portico server doctor", check=False))


def kill(machine: Machine) -> None:
    """The supervisor alone; systemd starts the next, which takes the rest over."""
    before = machine.run(f"{AS_AUTHOR} portico ps polls --json | grep -E 'pid|restarts'")
    machine.run("kill -9 $(systemctl show -p MainPID --value portico)")
    machine.run(
        "until portico server status >/dev/null && systemctl is-active -q portico; do sleep 1; done"
    )
    print(machine.run("systemctl status --no-pager --lines 5 portico | cut -c1-120"))
    _require_page(machine)
    _require_same(
        before, machine.run(f"{AS_AUTHOR} portico ps polls --json | grep -E 'pid|restarts'")
    )


def upgrade(machine: Machine) -> None:
    before = machine.run(f"{AS_AUTHOR} portico ps polls --json | grep -E 'pid|restarts'")
    machine.run(f"rm -f /tmp/enough; cat > /root/asking.py <<'X'\n{ASKING}\nX")
    machine.run("(python3 /root/asking.py > /root/asked 2>&1 &) < /dev/null > /dev/null 2>&1")
    print(machine.run(f"{SETUP} && portico server upgrade --from {WHEEL.format(NEW)}"))
    asked = machine.run(
        "touch /tmp/enough; while pgrep -f '[a]sking.py' >/dev/null; do sleep 1; done; cat /root/asked"
    )
    print(asked)
    _require("Error" not in asked and "50" not in asked.replace(": 50", ""), "requests failed")
    _require_same(
        before, machine.run(f"{AS_AUTHOR} portico ps polls --json | grep -E 'pid|restarts'")
    )
    print(machine.run("portico --version; portico server status"))


def reboot(machine: Machine) -> None:
    machine.reboot()
    machine.run("until portico server status >/dev/null 2>&1; do sleep 1; done")
    machine.run(f"for i in $(seq 600); do [ $({PAGE}) = 200 ] && break; sleep 1; done")
    _require_page(machine)
    print(machine.run(f"uptime -p; {AS_AUTHOR} portico ps polls"))


def uninstall(machine: Machine) -> None:
    print(machine.run("portico server uninstall --yes"))
    machine.run(f"({MACHINE}) > /root/after")
    left = machine.run("diff /root/before /root/after", check=False)
    _require(not left, f"the machine is not as it was:\n{left}")
    print("The machine is as it was.")


STEPS: dict[str, Callable[[Machine], None]] = {
    step.__name__: step
    for step in (install, deploy, limits, doctor, kill, upgrade, reboot, uninstall)
}


def pytest(machine: Machine, paths: list[str]) -> None:
    """Tests of the tree, by the environment that installs."""
    python = "cd /srv/tree && set -o pipefail && /root/setup/bin/python -m pytest -q"
    print(machine.run(f"{python} {' '.join(paths)} 2>&1 | tail -40"))


def tell(machine: Machine, names: list[str]) -> None:
    for name in names:
        say(name)
        STEPS[name](machine)


def _require_page(machine: Machine) -> None:
    code = machine.run(PAGE)
    _require(code == "200", f"the page answers {code}")
    print("The page answers 200.")


def _require_same(before: str, after: str) -> None:
    _require(before == after, f"the app's processes are others:\n{before}\n{after}")


def _require(so: bool, otherwise: str) -> None:
    if not so:
        raise SystemExit(f"Not as it should be: {otherwise}")
