"""Real pushes by a real git, through a real web process, to a fake agent."""

from __future__ import annotations

import base64
import gzip
import io
import os
import signal
import subprocess
import tarfile
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portico.wire import Problem
from tests.control.agent import FakeAgent
from tests.control.running import Forwarder, Web, poll

SETTINGS = {"user.name": "Alice", "user.email": "alice@example.com", "init.defaultBranch": "main"}


@dataclass
class Author:
    """A working copy and the address it is pushed to."""

    folder: Path
    port: int
    token: str

    def git(self, *words: str, ok: bool = True) -> str:
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


@pytest.fixture
def author(web: Web, forwarder: Forwarder, tmp_path: Path) -> Author:
    folder = tmp_path / "work"
    folder.mkdir()
    token = web.router.headers["Authorization"].removeprefix("Bearer ")
    author = Author(folder, forwarder.port, token)
    author.git("init", "--quiet")
    return author


@pytest.fixture
def nothing_made(web: Web) -> Iterator[None]:
    """After the test: no app `bad`, no repository, no archive, no folder of the hook."""
    yield
    assert web.api("GET", "/apps/bad").status_code == 404
    # git has its answer before the last of the push is put away
    poll(lambda: not (web.data / "web" / "git" / "bad.git").exists())
    assert not list((web.data / "web" / "sources" / "incoming").iterdir())


def test_the_first_push_makes_the_app_and_streams_the_log(
    web: Web, agent: FakeAgent, author: Author
) -> None:
    author.commit(Procfile="web: x", **{"site/ünï.py": "1"})
    (author.folder / "run.sh").write_text("#!/bin/sh\n")
    (author.folder / "run.sh").chmod(0o755)
    (author.folder / "link").symlink_to("Procfile")
    author.commit()
    said = author.push("pushed")
    assert text(said) == expected(
        """
        Installing
        Done

        v1 is live at http://portico.example/pushed/
        """
    )
    assert web.api("GET", "/apps/pushed/deploys").json()[0]["kind"] == "push"
    commit = author.git("rev-parse", "HEAD").strip()
    assert web.api("GET", "/apps/pushed/releases").json()[0]["commit"] == commit
    with tarfile.open(fileobj=io.BytesIO(agent.sources[-1])) as source:
        modes = {entry.name: (entry.mode, entry.type) for entry in source}
    assert modes == {
        "Procfile": (0o644, tarfile.REGTYPE),
        "link": (0o755, tarfile.SYMTYPE),
        "run.sh": (0o755, tarfile.REGTYPE),
        "site": (0o755, tarfile.DIRTYPE),
        "site/ünï.py": (0o644, tarfile.REGTYPE),
    }


def test_a_second_push_and_a_clone(
    web: Web, agent: FakeAgent, author: Author, tmp_path: Path
) -> None:
    author.commit(Procfile="web: x")
    author.push("twice")
    author.commit(Procfile="web: y")
    assert "v2 is live at http://portico.example/twice/" in author.push("twice")
    author.git("clone", "--quiet", author.url("twice"), str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "Procfile").read_text() == "web: y"
    assert author.git("-c", "protocol.version=2", "ls-remote", author.url("twice"), "main")


def test_the_same_files_are_the_same_source(web: Web, agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    author.push("same")
    author.commit()
    author.push("same")
    assert agent.sources[-1] == agent.sources[-2]


def test_a_push_of_master_is_what_a_clone_checks_out(
    agent: FakeAgent, author: Author, tmp_path: Path
) -> None:
    author.commit(Procfile="web: x")
    author.push("old-ways", "HEAD:master")
    author.git("clone", "--quiet", author.url("old-ways"), str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "Procfile").exists()


def test_a_large_push_is_streamed(agent: FakeAgent, author: Author) -> None:
    """Above git's post buffer the body comes chunked, after a probe without one."""
    (author.folder / "large").write_bytes(os.urandom(5_000_000))
    author.commit(Procfile="web: x")
    assert "v1 is live at http://portico.example/large/" in author.push("large")


def test_a_gzipped_request_is_understood(web: Web, agent: FakeAgent, author: Author) -> None:
    """git packs the body of a fetch that lists many commits."""
    author.commit(Procfile="web: x")
    author.push("gzipped")
    command = b"0014command=ls-refs\n0001000csymrefs\n0000"
    answer = web.router.post(
        "/-/git/gzipped.git/git-upload-pack",
        content=gzip.compress(command),
        headers={
            "Authorization": author.authorization,
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-git-upload-pack-request",
            "Git-Protocol": "version=2",
        },
    )
    assert "symref-target:refs/heads/main" in answer.text


def test_a_failed_deploy_rejects_the_push(web: Web, agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    author.push("fails")
    agent.problem = Problem(title="The build failed.", detail="No Procfile.", hint="Write one.")
    author.commit(Procfile="web: y")
    assert text(author.push("fails", ok=False)) == expected(
        """
        Installing
        Done

        The build failed.
        No Procfile.
        Write one.
        """
    )
    assert "web: x" in author.git(
        "show", f"{author.git('ls-remote', author.url('fails'), 'main').split()[0]}:Procfile"
    )
    assert web.api("GET", "/apps/fails").json()["release"] == 1


BAD_REFS = {
    "branch": (
        "HEAD:feature",
        """
        The branch feature does not deploy.
        Only the branch main or master is taken.
        To deploy what you have checked out: git push portico HEAD:main
        """,
    ),
    "tag": (
        "HEAD:refs/tags/v1",
        """
        The tag v1 does not deploy.
        Only the branch main or master is taken.
        To deploy what you have checked out: git push portico HEAD:main
        """,
    ),
}


@pytest.mark.parametrize("kind", BAD_REFS)
def test_another_reference_is_refused(nothing_made: None, author: Author, kind: str) -> None:
    author.commit(Procfile="web: x")
    what, message = BAD_REFS[kind]
    assert text(author.push("bad", what, ok=False)) == expected(message)


def test_two_deploying_branches_at_once_are_refused(nothing_made: None, author: Author) -> None:
    author.commit(Procfile="web: x")
    assert text(author.push("bad", "HEAD:main", "HEAD:master", ok=False)) == expected(
        """
        Several branches were pushed at once.
        main and master would deploy one after the other.
        Push the one to deploy: git push portico HEAD:main
        """
    )


def test_a_deletion_is_refused(agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    author.push("stays")
    assert text(author.push("stays", ":main", ok=False)) == expected(
        """
        The branch main cannot be deleted.
        It holds what is deployed.
        To remove the app: portico apps destroy stays
        """
    )


def test_a_push_without_files_is_refused(nothing_made: None, author: Author) -> None:
    author.commit()
    assert text(author.push("bad", ok=False)) == expected(
        """
        There is nothing to deploy.
        The commit that was pushed contains no files.
        Add your app with git add and git commit, then push again.
        """
    )


def test_a_push_of_a_repository_without_commits_makes_nothing(
    nothing_made: None, author: Author
) -> None:
    """git itself finds that there is nothing to push; the server has heard of it all the same."""
    author.git("push", "--all", author.url("bad"))


def test_submodules_are_explained(nothing_made: None, author: Author, tmp_path: Path) -> None:
    author.commit(Procfile="web: x")
    commit = author.git("rev-parse", "HEAD").strip()
    author.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendor/lib")
    author.git("commit", "--quiet", "-m", "link")
    assert text(author.push("bad", ok=False)) == expected(
        """
        Submodules cannot be deployed by a push.
        vendor/lib is a link to another repository; its files are not in the push.
        Deploy the folder with its files: portico deploy
        Or make them part of this repository: git rm --cached vendor/lib, remove vendor/lib/.git, git add vendor/lib
        """
    )


def test_lfs_pointers_are_explained(nothing_made: None, author: Author) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    author.commit(Procfile="web: x", **{"a.bin": pointer, "b.bin": pointer})
    assert text(author.push("bad", ok=False)) == expected(
        """
        Files kept by Git LFS cannot be deployed by a push.
        a.bin (and 1 more) is a pointer; the content is not in the push.
        Deploy the folder with its files: portico deploy
        Or keep the files in git itself: git lfs migrate export --include='*'
        """
    )


def test_a_second_push_is_refused_by_name(web: Web, agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    agent.hold.clear()
    first = threading.Thread(target=author.push, args=("busy",))
    first.start()
    poll(lambda: web.api("GET", "/apps/busy/deploys").status_code == 200)
    said = author.push("busy", ok=False)
    renaming = web.api("PATCH", "/apps/busy", json={"name": "idle"})
    agent.hold.set()
    first.join(30)
    assert text(said) == expected(
        """
        Somebody is pushing to busy already.
        A push by admin is under way; an app takes one at a time.
        Push again when it has ended.
        """
    )
    assert renaming.json() == {
        "status": 409,
        "title": "busy cannot be renamed now.",
        "detail": "A push by admin is under way.",
        "hint": "Wait until it has ended and try again.",
    }


def started_push(author: Author, app: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["git", "push", author.url(app), "HEAD:main"],
        cwd=author.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(author.folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_an_author_who_leaves_does_not_stop_the_deploy(
    web: Web, agent: FakeAgent, author: Author
) -> None:
    author.commit(Procfile="web: x")
    agent.hold.clear()
    push = started_push(author, "left")
    poll(lambda: web.api("GET", "/apps/left/deploys").status_code == 200)
    push.kill()
    push.wait()
    agent.hold.set()
    commit = author.git("rev-parse", "HEAD").strip()
    poll(lambda: commit in author.git("ls-remote", author.url("left"), "main"))
    assert web.api("GET", "/apps/left").json()["release"] == 1


def test_a_killed_web_leaves_a_push_that_can_be_made_again(
    web: Web, agent: FakeAgent, author: Author
) -> None:
    author.commit(Procfile="web: x")
    agent.hold.clear()
    push = started_push(author, "killed")
    poll(lambda: web.api("GET", "/apps/killed/deploys").status_code == 200)
    web.end(signal.SIGKILL)
    assert push.wait(30) != 0
    web.start()
    assert web.router.get("/-/ready").status_code == 200
    agent.hold.set()
    assert "v2 is live at http://portico.example/killed/" in author.push("killed")


def test_a_wrong_token_is_refused(nothing_made: None, author: Author) -> None:
    author.commit(Procfile="web: x")
    printed = author.git("push", author.url("bad", "wrong"), "HEAD:main", ok=False)
    said = [
        line.removeprefix("remote:").strip()
        for line in printed.splitlines()
        if line.startswith("remote")
    ]
    assert text(said) == expected(
        """
        The request was not accepted.
        The token that came with it is not known here.
        Type a token of this server as the password; the user name does not matter.
        """
    )


def test_a_reserved_name_is_refused(web: Web, author: Author) -> None:
    author.commit(Procfile="web: x")
    assert text(author.push("static", ok=False)) == expected(
        """
        The name 'static' is reserved.
        The platform keeps this address for itself.
        Choose another name, for example my-static.
        """
    )


def test_a_clone_of_what_is_not_there_is_refused(author: Author) -> None:
    printed = author.git("clone", author.url("nobody"), ok=False)
    assert "remote: There is no app 'nobody'." in printed


def test_the_dumb_protocol_is_not_served(web: Web, agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    author.push("smart")
    headers = {"Authorization": author.authorization}
    for path in ("HEAD", "config", "objects/info/packs", "info/refs", "../../secret-key"):
        answer = web.router.get(f"/-/git/smart.git/{path}", headers=headers)
        assert answer.status_code == 404


def test_rename_and_destroy_take_the_repository_along(
    web: Web, agent: FakeAgent, author: Author
) -> None:
    author.commit(Procfile="web: x")
    author.push("before")
    poll(lambda: web.api("PATCH", "/apps/before", json={"name": "after"}).status_code == 200)
    assert author.git("ls-remote", author.url("after"), "main")
    assert web.api("DELETE", "/apps/after").status_code == 204
    assert not (web.data / "web" / "git" / "after.git").exists()


def test_what_a_killed_web_left_is_swept(web: Web) -> None:
    repository, archive = (
        web.data / "web" / "git" / "ghost.git",
        web.data / "web" / "sources" / ("0" * 64),
    )
    repository.mkdir()
    archive.write_bytes(b"x")
    web.end()
    web.start()
    assert web.router.get("/-/ready").status_code == 200
    assert not repository.exists()
    assert not archive.exists()
