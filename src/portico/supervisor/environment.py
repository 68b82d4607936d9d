"""What the server's own processes get to see of the operator's environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from portico.supervisor.options import Options

NAMES = ("PATH", "HOME", "LANG", "DATABASE_URL", "XDG_RUNTIME_DIR")
PREFIXES = ("PORTICO_", "UV_", "SSL_CERT_")
SUFFIX = "_PROXY"
# A database's address holds its password.
WEBS_OWN = ("DATABASE_URL", "PORTICO_DATABASE_URL", "PORTICO_ENCRYPTION_KEYS")
# The CLI's: where it deploys to, and its secret. The agent finds out about its ids itself.
LEFT_OUT = ("PORTICO_SERVER", "PORTICO_TOKEN", "PORTICO_SUBORDINATE_IDS")
DEFAULTS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the operator may steer the server with, and no other."""
    return DEFAULTS | {name: value for name, value in environ.items() if passes(name)}


def passes(name: str) -> bool:
    if name in LEFT_OUT:
        return False
    return name in NAMES or name.startswith(PREFIXES) or name.upper().endswith(SUFFIX)


def of_child(
    environ: Mapping[str, str], options: Options, runtime: Path, name: str
) -> dict[str, str]:
    """A child's environment. `PORTICO_CHILD` marks it for a supervisor that lost its state."""
    withheld = () if name == "web" else WEBS_OWN
    passed = {key: value for key, value in clean(environ).items() if key not in withheld}
    return (
        passed
        | _tls(options)
        | {
            "PORTICO_DATA": str(options.data),
            "PORTICO_LISTEN": options.listen.listen,
            "PORTICO_URL": options.url,
            "PORTICO_RUNTIME": str(runtime),
            "PORTICO_CHILD": name,
        }
    )


def _tls(options: Options) -> dict[str, str]:
    if options.tls is None:
        return {}
    plain = options.tls.plain
    return {
        "PORTICO_TLS_CERT": str(options.tls.certificate),
        "PORTICO_TLS_KEY": str(options.tls.key),
        "PORTICO_REDIRECT_FROM": plain.listen if plain else "",
    }
