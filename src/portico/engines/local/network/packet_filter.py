"""Runs nft, which takes JSON and does all of a document or nothing."""

from __future__ import annotations

import json
import shutil
import subprocess

from portico.engines.local.children.spawn import CONSTANT
from portico.engines.local.network.rules import Document

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS = 30


class NoPacketFilterError(OSError):
    """nft is absent, or refused; its words."""


class SlowPacketFilterError(NoPacketFilterError):
    """nft was not done in time, as on a machine that is overloaded; it may be the next time."""


def load(document: Document, *, only_check: bool = False) -> None:
    """Carry it out in this thread's network. Raises NoPacketFilterError."""
    _nft(*(["--check"] if only_check else []), "--json", "--file", "-", said=json.dumps(document))


def ruleset() -> Document:
    """All that this thread's network has, everybody's. Raises NoPacketFilterError."""
    found: Document = json.loads(_nft("--json", "list", "ruleset") or "{}")
    return found


def has_table(name: str) -> bool:
    """Whether there is one of that name. Raises NoPacketFilterError."""
    found = json.loads(_nft("--json", "list", "tables") or "{}")
    return any(each.get("table", {}).get("name") == name for each in found.get("nftables", []))


def _nft(*words: str, said: str = "") -> str:
    program = shutil.which("nft", path=PATH)
    if program is None:
        raise NoPacketFilterError("the program nft is missing; install the package nftables")
    try:
        done = subprocess.run(
            (program, *words),
            input=said,
            capture_output=True,
            text=True,
            check=False,
            env=dict(CONSTANT),
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowPacketFilterError(f"nft was not done after {SECONDS} seconds") from error
    if done.returncode != 0:
        raise NoPacketFilterError(f"nft said: {done.stderr.strip() or done.returncode}")
    return done.stdout
