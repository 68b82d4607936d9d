"""Steps, done to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from portico.errors import PorticoError
from portico.installation.perform import do, perform
from portico.installation.steps import (
    Link,
    MakeFolder,
    Remove,
    RemoveEmpty,
    Run,
    Step,
    Tell,
    WriteFile,
)


def test_steps_are_said_and_done_in_their_order(tmp_path: Path):
    folder, said = tmp_path / "folder", []
    steps = (
        MakeFolder(folder, 0o711),
        WriteFile(folder / "file", "text\n", 0o600),
        Link(folder / "link", folder / "file"),
        Link(folder / "link", tmp_path),
        Run(("touch", str(folder / "touched"))),
        Tell("That was it."),
    )
    perform(steps, said.append)
    assert said == [
        f"Make the folder {folder}",
        f"Write {folder}/file",
        f"Link {folder}/link to {folder}/file",
        f"Link {folder}/link to {tmp_path}",
        f"Run touch {folder}/touched",
        "That was it.",
    ]
    assert folder.stat().st_mode & 0o777 == 0o711
    assert (folder / "file").stat().st_mode & 0o777 == 0o600
    assert (folder / "file").read_text() == "text\n"
    assert (folder / "link").readlink() == tmp_path
    assert sorted(path.name for path in folder.iterdir()) == ["file", "link", "touched"]
    perform(steps, said.append)  # a second time is no other


def test_what_is_removed_leaves_what_lies_behind_a_link(tmp_path: Path):
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    kept.mkdir()
    (kept / "file").touch()
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    perform((RemoveEmpty(folder), RemoveEmpty(kept)), print)
    assert folder.exists()
    perform((Remove(folder / "link"), RemoveEmpty(folder), Remove(tmp_path / "none")), print)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    (tmp_path / "link").symlink_to(kept)
    perform((Remove(tmp_path / "link"), Remove(kept)), print)
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_says_which_and_why(tmp_path: Path):
    file = tmp_path / "none" / "file"
    with pytest.raises(PorticoError) as failed:
        perform((WriteFile(file, ""),), print)
    assert (failed.value.title, failed.value.detail, failed.value.hint) == (
        f"This could not be done: Write {file}",
        f"{file.parent}/.file.new: No such file or directory.",
        "Correct it, then run the same command again: it goes on where it has stopped.",
    )
    with pytest.raises(PorticoError) as failed:
        perform((Run(("sh", "-c", "echo no >&2; exit 3")),), print)
    assert failed.value.detail == "no"


def test_every_kind_of_step_is_done_by_something():
    kinds = get_args(Step)
    assert kinds
    assert [kind for kind in kinds if do.dispatch(kind) is do.dispatch(object)] == []
