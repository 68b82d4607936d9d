"""Byte code of installed packages: compiled once, and linked into every environment with the same.

An entry is found by what its sources say, not by a name and a version: nobody can leave byte code
for another's package. What a package brings along of it is removed. See docs/decisions/0005-builds.md.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

COMPILED = "__pycache__"
# Never again compared with its source, for environments do not change.
UNCHECKED = ("-f", "--invalidation-mode", "unchecked-hash")


def compile_packages(environment: Path, cache: Path | None) -> None:
    """Byte-compile an environment. The cache has a folder for each version of Python."""
    for packages in environment.glob("lib/python3.*/site-packages"):
        if cache is None:
            _compile(environment, [packages])
        else:
            _compile_cached(environment, packages, cache / packages.parent.name)


def _compile_cached(environment: Path, packages: Path, bucket: Path) -> None:
    bucket.mkdir(parents=True, exist_ok=True)
    missing = {}
    for part, sources in parts(packages).items():
        entry = bucket / digest(packages, sources)
        if not _linked(entry, packages):
            missing[part] = entry
    _compile(environment, [packages / part for part in missing], UNCHECKED)
    for part, entry in missing.items():
        _keep(packages, part, entry)


def parts(packages: Path) -> dict[str, list[str]]:
    """What can be imported from there, packages and modules, each with the names of its sources.

    Afterwards there is no byte code.
    """
    found: dict[str, list[str]] = {}
    for folder, folders, names in os.walk(packages):
        if COMPILED in (*folders, *names):
            _discard(Path(folder, COMPILED))
            folders[:] = (name for name in folders if name != COMPILED)
        for name in (name for name in names if name.endswith(".py")):
            source = os.path.relpath(f"{folder}/{name}", packages)
            found.setdefault(source.partition("/")[0], []).append(source)
    return {part: sorted(sources) for part, sources in found.items()}


def _discard(compiled: Path) -> None:
    if compiled.is_dir() and not compiled.is_symlink():
        shutil.rmtree(compiled)
    else:
        compiled.unlink()


def digest(packages: Path, sources: Iterable[str]) -> str:
    """Names the byte code of these sources."""
    whole = hashlib.sha256()
    for name in sources:
        content = hashlib.sha256(_read(f"{packages}/{name}")).digest()
        whole.update(os.fsencode(name) + b"\0" + content)
    return whole.hexdigest()


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:  # a folder, or a link to nowhere
        return b""


def _files(top: Path) -> Iterator[str]:
    """The files below a folder, by their names from there."""
    skipped = len(os.fspath(top)) + 1
    for folder, _, names in os.walk(top):
        yield from (f"{folder}/{name}"[skipped:] for name in names)


def _linked(entry: Path, packages: Path) -> bool:
    """Whether there was such an entry."""
    if not entry.is_dir():
        return False
    _link(entry, _files(entry), packages)
    os.utime(entry)  # caches are cleaned by age
    return True


def _keep(packages: Path, part: str, entry: Path) -> None:
    """Make an entry of what was compiled; it gets its name once it is whole."""
    new = Path(tempfile.mkdtemp(dir=entry.parent))
    _link(packages, _compiled(packages, part), new)
    try:
        new.rename(entry)
    except OSError:  # another build was faster
        shutil.rmtree(new)


def _compiled(packages: Path, part: str) -> Iterator[str]:
    """Templates among the sources have no byte code."""
    if (packages / part).is_dir():
        below = (f"{part}/{name}" for name in _files(packages / part))
        yield from (name for name in below if f"/{COMPILED}/" in name)
    else:
        found = (packages / COMPILED).glob(f"{part.removesuffix('.py')}.*.pyc")
        yield from (f"{COMPILED}/{file.name}" for file in found)


def _link(origin: Path, names: Iterable[str], target: Path) -> None:
    """The same files at another place."""
    made = set()
    for name in names:
        folder = name.rpartition("/")[0]
        if folder not in made:
            (target / folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        _link_file(f"{origin}/{name}", f"{target}/{name}")


def _link_file(file: str, target: str) -> None:
    try:
        os.link(file, target)
    except OSError:  # it has as many links as a file may have
        shutil.copy2(file, target)


def _compile(environment: Path, places: Sequence[Path], options: Sequence[str] = ()) -> None:
    """-I -S: uv's own compile step would run what a wheel has put into a .pth file."""
    if not places:
        return
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-I", "-S", "-m", "compileall", "-q", "-j", "0", *options, *places],
        stdout=subprocess.DEVNULL,  # templates of packages need not be valid Python
        stderr=subprocess.DEVNULL,
        check=False,
    )
