"""Real pushes by a real git, through a real web process, to a fake agent."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import tarfile
import threading
from pathlib import Path

from tests.control.agent import FakeAgent
from tests.control.git.author import Author, expected, text
from tests.control.running import Web, poll


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


def test_what_the_log_has_said_is_not_said_again(agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    agent.lines = ["Done", "v1 is live at http://portico.example/once/"]
    assert text(author.push("once")) == expected(
        """
        Done
        v1 is live at http://portico.example/once/
        """
    )


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


def test_a_push_of_a_repository_without_commits_makes_nothing(
    nothing_made: None, author: Author
) -> None:
    """git itself finds that there is nothing to push; the server has heard of it all the same."""
    author.git("push", "--all", author.url("bad"))


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
        The name 'static' is not free.
        The platform keeps it for itself, or an app has it.
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
    for words in (("ls-remote", author.url("before")), ("push", author.url("before"), "HEAD:main")):
        said = author.git(*words, ok=False)
        assert "remote: It was renamed and is called 'after' now." in said
        assert "git remote set-url portico http://portico.example/-/git/after.git" in said
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
