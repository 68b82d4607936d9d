"""Small packages that tests make themselves."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A wheel of these files for every Python."""
    base = f"{name.replace('-', '_')}-{version}"
    wheel = folder / f"{base}-py3-none-any.whl"
    info = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    inside = dict(files) | {f"{base}.dist-info/{part}": text for part, text in info.items()}
    record = f"{base}.dist-info/RECORD"
    inside[record] = "".join(f"{path},,\n" for path in (*inside, record))
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in inside.items():
            archive.writestr(path, text)
    return wheel
