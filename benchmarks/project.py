"""The Django example as a git repository whose page can be made to say something new."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from uv import find_uv_bin

from benchmarks.server import ROOT, free_port

APP = "my-django-app"


class Project:
    """A checkout that is pushed again and again."""

    def __init__(self, folder: Path, name: str = APP) -> None:
        self.folder = folder
        self.name = name
        shutil.copytree(ROOT / "examples" / "django-polls", folder)
        self._git("init", "-q", "-b", "main")
        self._git("config", "user.email", "bench@portico.test")
        self._git("config", "user.name", "Bench")

    def commit(self, text: str) -> None:
        """Make the app's page /version say this text."""
        page = self.folder / "polls" / "version.py"
        page.write_text(
            "from django.http import HttpResponse\n\n\ndef version(request):\n"
            f"    return HttpResponse({text!r})\n"
        )
        urls = self.folder / "polls" / "urls.py"
        if "version" not in urls.read_text():
            urls.write_text(
                urls.read_text()
                + '\nfrom polls.version import version\n\nurlpatterns += [path("version", version)]\n'
            )
        self._git("add", "-A")
        self._git("commit", "-qm", text)

    def push(self, url: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ("git", "push", "-q", url, "main"),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _git(self, *arguments: str) -> None:
        subprocess.run(("git", *arguments), cwd=self.folder, check=True)


class ByHand:
    """The same project on this machine without any platform: what its own commands take."""

    def __init__(self, project: Project, environment: Path) -> None:
        self._bin = environment / "bin"
        self._folder = project.folder
        subprocess.run((find_uv_bin(), "venv", "-q", "--clear", str(environment)), check=True)
        subprocess.run(
            (
                find_uv_bin(),
                "pip",
                "install",
                "-q",
                "--compile-bytecode",
                "--python",
                str(self._bin / "python"),
                "-r",
                "requirements.txt",
            ),
            cwd=self._folder,
            check=True,
        )

    def command(self, line: str) -> float:
        """Seconds that a line of the author's takes."""
        began = time.perf_counter()
        subprocess.run(
            ("sh", "-c", line),
            cwd=self._folder,
            env=self._environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    def start(self, line: str) -> float:
        """Seconds from starting the web line to its first answer."""
        port = free_port()
        began = time.perf_counter()
        process = subprocess.Popen(
            ("sh", "-c", f"exec {line}"),
            cwd=self._folder,
            env={**self._environment(), "PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(ConnectionError, HTTPError, OSError):
                    urlopen(f"http://127.0.0.1:{port}/{APP}/version", timeout=5).read()
                    return time.perf_counter() - began
                time.sleep(0.005)
            raise SystemExit(f"{line} ended at once")
        finally:
            process.terminate()
            process.wait()

    def _environment(self) -> dict[str, str]:
        data = self._folder.parent / "data-by-hand"
        data.mkdir(exist_ok=True)
        return {
            "PATH": f"{self._bin}:/usr/bin:/bin",
            "PORTICO_HOSTNAME": "127.0.0.1",
            "PORTICO_APP_NAME": APP,
            "PORTICO_DATA_DIR": str(data),
            "WEB_CONCURRENCY": "2",
        }
