"""The bare repositories, one per app, named after it. Made by the first push."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import portico
from portico.control import instance
from portico.control.git.environment import ENVIRONMENT

HOOK = (
    "import sys; sys.path.insert(0, {root!r}); "
    "from portico.control.git.hook.__main__ import main; sys.exit(main())"
)
EMPTY = ".empty"  # advertised in place of a repository that has had no push yet


def path_of(app: str) -> Path:
    return instance.layout().repositories / f"{app}.git"


def hooks() -> Path:
    return instance.layout().repositories / ".hooks"


def prepare() -> None:
    """Put what all repositories share into place: the hook and the empty repository."""
    hooks().mkdir(mode=0o700, parents=True, exist_ok=True)
    script = hooks() / "pre-receive"
    # -I -S: nothing of the environment and no site-packages, which also makes it start fast.
    words = shlex.join([sys.executable, "-I", "-S", "-c", HOOK.format(root=_root())])
    script.write_text(f"#!/bin/sh\nexec {words}\n")
    script.chmod(0o700)
    if not path_of(EMPTY).is_dir():
        _init(path_of(EMPTY))


def make(app: str) -> None:
    """Make the app's repository unless it is there."""
    if not path_of(app).is_dir():
        _init(path_of(app))


def point_head(app: str, branches: Collection[str]) -> None:
    """Let HEAD name a deploying branch that exists, so that a clone checks it out."""
    repository = path_of(app)
    head = (repository / "HEAD").read_text().removeprefix("ref: refs/heads/").strip()
    pushed = [branch for branch in branches if _exists(repository, branch)]
    if pushed and head not in pushed:
        _git("symbolic-ref", "HEAD", f"refs/heads/{pushed[0]}", folder=repository)


def rename(old: str, new: str) -> None:
    if path_of(old).is_dir():
        remove(new)
        path_of(old).rename(path_of(new))


def remove(app: str) -> None:
    shutil.rmtree(path_of(app), ignore_errors=True)


def sweep(apps: Collection[str]) -> None:
    """Remove repositories that belong to none of these apps: left by a killed web process."""
    for repository in instance.layout().repositories.glob("*.git"):
        if repository.stem not in {*apps, EMPTY}:
            shutil.rmtree(repository)


def _init(repository: Path) -> None:
    branch = instance.server().deploy_branches[0]
    repository.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", f"--initial-branch={branch}", "--template=", str(repository))


def _exists(repository: Path, branch: str) -> bool:
    found = subprocess.run(
        ["git", "rev-parse", "--quiet", "--verify", f"refs/heads/{branch}"],
        cwd=repository,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


def _git(*words: str, folder: Path | None = None) -> None:
    subprocess.run(["git", *words], cwd=folder, env=ENVIRONMENT, capture_output=True, check=True)


def _root() -> str:
    """The folder that this package is imported from."""
    return str(Path(portico.__file__).resolve().parents[1])
