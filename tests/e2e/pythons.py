"""Another Python of this machine, packed as uv's downloads are."""

from __future__ import annotations

import json
import platform
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tests.builder.packages import sha256

SYSTEM = (Path("/usr/bin"), Path("/usr/local/bin"))  # what builds find without a mirror
ASK = """
import json, os, sys, sysconfig
shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
library = sysconfig.get_config_var("LIBDIR") if shared else ""
print(json.dumps([
    os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), sys.version_info[:3],
    library, sysconfig.get_config_var("INSTSONAME"),
]))
"""
LEFT_OUT = {
    "site-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "lib2to3",
    "ensurepip",
    "__pycache__",
}


@dataclass(frozen=True)
class Python:
    """`linked` is the folder and the name of the library that the program is linked to, if any."""

    program: Path
    library: Path
    version: tuple[int, int, int]
    linked: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        return ".".join(map(str, self.version))


def another() -> Python | None:
    """One whose version the system's have not; it must run from wherever it lies."""
    taken = {found.version for folder in SYSTEM if (found := _asked(folder / "python3"))}
    for path in _known():
        found = _asked(path)
        if found and found.version not in taken and not found.library.is_relative_to("/usr/lib"):
            return found
    return None


def offer(python: Python | None, folder: Path, address: str) -> None:
    """uv's list of downloads, with that one if there is one."""
    folder.mkdir()
    listed = _packed(python, folder, address) if python else {}
    (folder / "downloads.json").write_text(json.dumps(listed))


def _packed(python: Python, folder: Path, address: str) -> dict[str, object]:
    """Its entry, and its archive in the folder."""
    archive = folder / "python.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        _add_program(tar, python, folder / "program")
        tar.add(python.library, f"python/lib/{_minor(python)}", filter=_kept)
    offered = {
        "name": "cpython",
        "arch": {"family": platform.machine(), "variant": None},
        "os": "linux",
        "libc": "gnu",
        **dict(zip(("major", "minor", "patch"), python.version, strict=True)),
        "prerelease": "",
        "url": f"{address}/{archive.name}",
        "sha256": sha256(archive),
        "variant": None,
        "build": "20260101",
    }
    return {f"cpython-{python.text}-linux-{platform.machine()}-gnu": offered}


def _add_program(tar: tarfile.TarFile, python: Python, copy: Path) -> None:
    """The program, made to find its library beside itself, wherever that is unpacked."""
    content = python.program.read_bytes()
    if python.linked:
        path, name = python.linked
        content = content.replace(path.encode(), b"$ORIGIN/../lib".ljust(len(path), b"\0"))
        tar.add(Path(path, name), f"python/lib/{name}")
    copy.write_bytes(content)
    copy.chmod(0o755)
    tar.add(copy, f"python/bin/{_minor(python)}")
    copy.unlink()


def _minor(python: Python) -> str:
    return f"python{python.version[0]}.{python.version[1]}"


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(member.name).parts
    left_out = LEFT_OUT & set(parts) or any(part.startswith("config-") for part in parts)
    return None if member.issym() or left_out else member


def _known() -> list[Path]:
    command = (find_uv_bin(), "python", "list", "--only-installed", "--output-format", "json")
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [Path(entry["path"]) for entry in json.loads(listed or "[]")]


def _asked(program: Path) -> Python | None:
    done = (
        subprocess.run((program, "-I", "-c", ASK), capture_output=True, text=True, check=False)
        if program.exists()
        else None
    )
    if done is None or done.returncode:
        return None
    executable, library, version, folder, name = json.loads(done.stdout)
    linked = (folder, name) if folder else None
    return Python(Path(executable), Path(library), tuple(version), linked)
