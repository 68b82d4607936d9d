"""Reading an author's text files: bounded, and never anything else than text."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from portico.builder.findings import Located

MOST_BYTES = 16 << 20


def text(tree: Path, name: str) -> str:
    """A file of the app as text. Raises PorticoError when it is not text or far too long."""
    path = tree / name
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise Located(
            name,
            None,
            f"{name} is too long.",
            f"It has {path.stat().st_size:,} bytes; {MOST_BYTES:,} are allowed.",
            "Deploy a shorter one.",
        )
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(name, content, error.start) from None
    except OSError as error:
        raise Located(
            name,
            None,
            f"{name} cannot be read.",
            f"Opening it failed: {error.strerror}.",
            f"Make {name} an ordinary file of the app.",
        ) from None


def _not_utf8(name: str, content: bytes, start: int) -> Located:
    found = f"Byte {start + 1:,} of it does not belong into a UTF-8 file."
    hint = f"Save {name} with the encoding UTF-8."
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "It is UTF-16, as Windows PowerShell writes what `>` sends to a file."
        hint = f"Write it anew, in PowerShell: (Get-Content {name}) | Set-Content -Encoding utf8 {name}"
    return Located(name, None, f"{name} is not UTF-8 text.", found, hint)


def toml(tree: Path, name: str) -> dict[str, Any]:
    """A TOML file of the app."""
    try:
        return tomllib.loads(text(tree, name))
    except (ValueError, RecursionError) as error:  # ValueError: also of a number without an end
        place = re.search(r"at line (\d+)", str(error))
        raise Located(
            name,
            int(place[1]) if place else None,
            f"{name} is not valid TOML.",
            f"{str(error) or 'It is nested too deeply'}.",
            f"Correct {name} there.",
        ) from None


def sha256(tree: Path, name: str) -> str:
    with (tree / name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
