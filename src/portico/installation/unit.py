"""The systemd unit, and the variables beside it. Pure.

No option here gives the server a view of the file system of its own (ProtectSystem, PrivateTmp,
ProtectProc and their like): the mounts, namespaces and settings that those forbid or hide are what
the server's work consists of. See docs/decisions/0019-installation.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MARK = "# Written by `portico server install`; changes belong into `systemctl edit portico`."
SUBGROUPS_SINCE = 254  # systemd's version
# What neither the server nor what it starts needs of root's powers.
GIVEN_UP = (
    "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_BLOCK_SUSPEND", "CAP_IPC_LOCK", "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_SYS_BOOT", "CAP_SYS_MODULE",
    "CAP_SYS_PACCT", "CAP_SYS_RAWIO", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
)  # fmt: skip


def unit(program: Path, data: Path, environment: Path, systemd: int) -> str:
    """`systemd` is its version."""
    return f"""\
{MARK}
[Unit]
Description=Portico, a platform for Python apps
After=network-online.target nss-lookup.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={_word(program)} server start --data {_word(data)}
ExecReload=/bin/kill -HUP $MAINPID
EnvironmentFile=-{environment}
Restart=always
RestartSec=1
# When the supervisor dies, the rest runs on until the next one takes it over.
KillMode=process
OOMPolicy=continue
# The apps are ended one by one, each in its own time.
TimeoutStopSec=180
{_groups(systemd)}
CPUWeight=200
TasksMax=infinity
LimitNOFILE=1048576
CapabilityBoundingSet=~{" ".join(GIVEN_UP)}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def _groups(systemd: int) -> str:
    """Older ones cannot start the supervisor again in a group with others below it: there the
    server makes its control groups outside."""
    return (
        "Delegate=yes\nDelegateSubgroup=portico-server"
        if systemd >= SUBGROUPS_SINCE
        else "Delegate=no"
    )


def variables(environ: Mapping[str, str]) -> str:
    """A file for EnvironmentFile=."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(environ.items()))


def _word(path: Path) -> str:
    """A path in a command line of systemd's."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if any(letter in text for letter in " \t'\"\\;") else text


def _quoted(value: str) -> str:
    for letter in '\\"$`':
        value = value.replace(letter, f"\\{letter}")
    return f'"{value}"'
