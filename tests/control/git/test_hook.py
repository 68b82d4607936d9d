"""What the hook deploys, and what it refuses, by real pushes."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.wire import Problem
from tests.control.agent import FakeAgent
from tests.control.git.author import Author, expected, text
from tests.control.running import Web


def test_the_same_files_are_the_same_source(web: Web, agent: FakeAgent, author: Author) -> None:
    author.commit(Procfile="web: x")
    author.push("same")
    author.commit()
    author.push("same")
    assert agent.sources[-1] == agent.sources[-2]


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


def test_a_small_pack_of_endless_zeros_is_refused(nothing_made: None, author: Author) -> None:
    with (author.folder / "zeros").open("wb") as file:
        file.truncate(1 << 20)
    blob = author.git("hash-object", "-w", "zeros").strip()
    (author.folder / "zeros").unlink()
    rows = "".join(f"100644 blob {blob}\tzeros{number}\n" for number in range(5000))
    tree = author.made("mktree", rows)
    commit = author.made("commit-tree", "many zeros", tree)
    assert text(author.push("bad", f"{commit}:refs/heads/main", ok=False)) == expected(
        """
        The commit that was pushed is too large.
        It has more than 4,294,967,296 bytes, the limit of this server.
        Take data and build output out of git, or ask the operator to raise max_unpacked_bytes.
        """
    )


def test_folders_within_folders_without_an_end_are_refused(
    nothing_made: None, author: Author
) -> None:
    blob = author.made("hash-object", "x", "-w", "--stdin")
    tree = author.made("mktree", f"100644 blob {blob}\tfile\n")
    for _ in range(9):
        tree = author.made("mktree", "".join(f"040000 tree {tree}\td{n}\n" for n in range(10)))
    commit = author.made("commit-tree", "billions", tree)
    assert text(author.push("bad", f"{commit}:refs/heads/main", ok=False)) == expected(
        """
        The commit that was pushed has too many files.
        It has more than 100,000 files and folders, the limit of this server.
        Take data and build output out of git, or ask the operator to raise max_source_files.
        """
    )
