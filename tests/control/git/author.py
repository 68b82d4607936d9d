"""An author with a working copy and a real git, and what the server says to a push."""

from __future__ import annotations

import base64
import os
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

SETTINGS = {"user.name": "Alice", "user.email": "alice@example.com", "init.defaultBranch": "main"}


@dataclass
class Author:
    """A working copy and the address it is pushed to."""

    folder: Path
    port: int
    token: str

    def made(self, command: str, given: str, *words: str) -> str:
        """The name of the object that git makes of what it is given."""
        return self.git(command, *words, given=given).strip()

    def git(self, *words: str, ok: bool = True, given: str = "") -> str:
        """What git prints, on either channel, when it ends as expected."""
        options = [part for pair in SETTINGS.items() for part in ("-c", f"{pair[0]}={pair[1]}")]
        done = subprocess.run(
            ["git", *options, *words],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0",
                "LANG": "C.UTF-8",
            },
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def url(self, app: str, token: str | None = None) -> str:
        password = self.token if token is None else token
        return f"http://x:{password}@127.0.0.1:{self.port}/-/git/{app}.git"

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"x:{self.token}".encode()).decode()

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")

    def push(self, app: str, *what: str, ok: bool = True) -> list[str]:
        """What the server said to a push, line by line."""
        printed = self.git("push", self.url(app), *(what or ("HEAD:main",)), ok=ok)
        said = [line for line in printed.splitlines() if line.startswith("remote:")]
        return [line.removeprefix("remote:").strip() for line in said]


def text(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def expected(message: str) -> str:
    return textwrap.dedent(message).strip()
