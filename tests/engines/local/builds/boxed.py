"""Build steps of a test's own: a builder made for the test stands where the real one would."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from portico.engines.engine import Box
from portico.engines.local import LocalEngine
from portico.engines.local.builds.mounts import BUILDER_PARTS
from portico.engines.local.egress.build_proxy import PROGRAM
from tests.engines.local.machines import Server, run

BOX = Box(app_id=7, app_name="my-app", build=1, step="step", order='{"an": "order"}', seconds=60)
MAIN = """\
import json, os, subprocess, sys, time
from pathlib import Path
from portico.builder import relay
def main():
    proxy = Path("/run/portico/proxy.sock")
    if proxy.is_socket(): relay.start(proxy)
"""


def boxed(program: str, test: Callable[[Server, LocalEngine], Awaitable[None]]) -> None:
    """Run a test with a builder whose `main` is this program."""

    async def tested(server: Server, engine: LocalEngine) -> None:
        real, folder = engine._machine.host.portico, server.layout.data / "package"
        for part in {*BUILDER_PARTS, *PROGRAM.parts}:
            _copy(real / part, folder / part)
        body = "".join(f"    {line}\n" for line in program.strip().splitlines())
        (folder / "builder" / "__main__.py").write_text(MAIN + body)
        engine._machine = replace(
            engine._machine, host=replace(engine._machine.host, portico=folder)
        )
        await test(server, engine)

    run(tested)


def _copy(part: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    if part.is_dir():
        shutil.copytree(part, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(part, to)


async def lines_of(engine: LocalEngine, box: Box) -> list[str]:
    """All that a step says."""
    lines: list[str] = []
    await engine.box(box, lines.append)
    return lines
