"""An engine that runs build steps as plain children, in folders of the test."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from pathlib import Path

import rattler
from uv import find_uv_bin

import portico
from portico.builder.order import Places
from portico.engines.engine import Box, BoxEnd, LineSink
from portico.layout import Layout

PACKAGE = Path(portico.__file__).parent.parent
LIBRARIES = Path(rattler.__file__).parent.parent


def entry(*, libraries: bool = False) -> str:
    """The program of a box, which finds what it is shown."""
    shown = [str(PACKAGE), *([str(LIBRARIES)] if libraries else [])]
    return (
        f"import sys; sys.path[:0] = {shown!r}; "
        "from portico.builder.__main__ import main; sys.exit(main())"
    )


ENTRY = entry()


class Unsandboxed:
    """Only `box`: the other methods of an engine are not asked for by a build."""

    def __init__(self, layout: Layout, out: Path) -> None:
        self._layout = layout
        self._out = out
        self.boxes: list[Box] = []

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        self.boxes.append(box)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", entry(libraries=bool(box.libraries)), box.step),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**variables(), **box.environment},
        )
        try:
            output, _ = await process.communicate(self._order(box).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        for line in output.decode().splitlines():
            log(line)
        result = self._out / "result.json"
        text = result.read_text() if result.is_file() else ""
        result.unlink(missing_ok=True)
        return BoxEnd(process.returncode, text)

    def _order(self, box: Box) -> str:
        """The order with the places of the test instead of a sandbox's."""
        slug = self._layout.slug(box.app_id, box.build)
        own = self._layout.app_python(box.app_id)
        python = own if box.own_python else self._layout.python
        for folder in (slug, python):
            folder.mkdir(parents=True, exist_ok=True)
        document = json.loads(box.order)
        document["places"] = place_names(places(slug, python, self._out, box.source))
        return json.dumps(document)


def places(app: Path, py: Path, out: Path, source: Path | None = None) -> Places:
    return Places(
        app=app,
        source=source or out / "none",
        py=py,
        out=out,
        uv=Path(find_uv_bin()),
        interpreters=(Path(sys.base_prefix, "bin"),),
    )


def place_names(places: Places) -> dict[str, object]:
    names: dict[str, object] = json.loads(json.dumps(dataclasses.asdict(places), default=str))
    return names


def variables() -> dict[str, str]:
    """What a build sandbox has, and what lets uv reach the package index from here."""
    passed = ("SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in (*passed, "https_proxy", "no_proxy") or name.startswith("UV_INDEX")
    }
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", **kept}
