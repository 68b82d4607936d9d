"""What an app's Aptfile asks for, with the keys that it names."""

from __future__ import annotations

import base64
from pathlib import Path

from portico.builder import reading
from portico.builder.apt import aptfile
from portico.builder.order import Apt

MOST_KEY = 64 << 10  # bytes of a repository's key


def wished(tree: Path) -> Apt | None:
    """None for nothing to install. Raises PorticoError with all that is wrong with the Aptfile."""
    if not (tree / aptfile.NAME).is_file():
        return None
    text = reading.text(tree, aptfile.NAME)
    wishes = aptfile.parse(text)
    if not wishes.installs_something:
        return None
    keys = {name: _key_file(tree / name) for name in wishes.key_files}
    if wrong := [r for r in wishes.repositories if r.signed_by in keys and not keys[r.signed_by]]:
        raise aptfile.malformed([(r.line, _no_key(r.signed_by)) for r in wrong])
    return Apt(text, tuple((name, base64.b64encode(key).decode()) for name, key in keys.items()))


def _no_key(name: str) -> str:
    return f"`signed-by={name}` is not the path of a public key in the app."


def _key_file(path: Path) -> bytes:
    """b'' when there is no such file, or it is no key."""
    content = path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_KEY else b""
    return content if aptfile.is_public_key(content) else b""
