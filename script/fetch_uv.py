"""Fetches uv as uv.lock names it, checks its hash, and prints where it lies.

Standard library only: there is no pip yet. A uv in PATH serves where the download is impossible.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

SECONDS = 120


def main(lock: Path, tools: Path) -> Path:
    """The uv to use; downloaded once per version."""
    package = next(p for p in tomllib.loads(lock.read_text())["package"] if p["name"] == "uv")
    target = tools / f"uv-{package['version']}" / "uv"
    if target.exists():
        return target
    try:
        wheel = choose(
            package["wheels"], platform.machine(), glibc=platform.libc_ver()[0] == "glibc"
        )
        unpack(fetch(wheel["url"], wheel["hash"]), target)
    except (OSError, LookupError, ValueError) as error:
        if found := shutil.which("uv"):
            return Path(found)
        raise SystemExit(problem(error)) from error
    return target


def choose(wheels: list[dict[str, str]], machine: str, *, glibc: bool) -> dict[str, str]:
    """The wheel for this machine and C library."""
    library = "manylinux" if glibc else "musllinux"
    for wheel in wheels:
        tags = wheel["url"].rpartition("-")[2].removesuffix(".whl").split(".")
        if any(tag.startswith(library) and tag.endswith(f"_{machine}") for tag in tags):
            return wheel
    raise LookupError(f"uv.lock names no {library} wheel of uv for {machine}")


def fetch(url: str, wanted: str) -> bytes:
    print("Fetching uv, which installs everything else.", file=sys.stderr)
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - uv.lock's, hashed
        content: bytes = answer.read()
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != wanted:
        raise ValueError(f"{url} has the hash {found}, and uv.lock says {wanted}")
    return content


def unpack(wheel: bytes, target: Path) -> None:
    """Only the program; it appears whole or not at all."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".data/scripts/uv"))
        program = archive.read(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"uv.{os.getpid()}")
    fresh.write_bytes(program)
    fresh.chmod(0o755)
    fresh.rename(target)


def problem(error: Exception) -> str:
    return (
        "uv could not be fetched.\n"
        f"{error}.\n"
        "Next: Check the network and its proxy (https_proxy, SSL_CERT_FILE), or install uv so that "
        "it is in PATH."
    )


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    print(main(root / "uv.lock", root / ".tools"))
