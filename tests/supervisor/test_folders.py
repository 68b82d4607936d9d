import os
import stat
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.layout import Layout, Users
from portico.supervisor import folders
from portico.supervisor.folders import Folder, data_folders, make, runtime_folders

ORDINARY = Users(None)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("PORTICO_RUNTIME", str(tmp_path / "run" / "portico"))
    return Layout(tmp_path / "data")


def test_as_root_each_folder_belongs_to_who_writes_it(layout: Layout):
    assert data_folders(layout, Users(1000)) == (
        Folder(layout.platform_logs, 0o700),
        Folder(layout.web, 0o700, 1001, 1001),
        Folder(layout.router, 0o750, None, 1002),
        Folder(layout.apps, 0o711),
        Folder(layout.python, 0o711, 1003, 1003),
        Folder(layout.stacks, 0o711),
    )
    assert runtime_folders(layout, Users(1000)) == (
        Folder(layout.runtime, 0o711),
        Folder(layout.web_socket.parent, 0o711),
        Folder(layout.agent_socket.parent, 0o700),
        Folder(layout.router_admin.parent, 0o700, 1002, 1002),
        Folder(layout.processes, 0o711),
    )


def test_without_root_the_agent_alone_knows_whose_the_packages_are(layout: Layout):
    assert layout.python not in [folder.path for folder in data_folders(layout, ORDINARY)]


def test_an_ordinary_users_server_is_closed_to_all_others(layout: Layout):
    folders.prepare_data_folder(layout, ORDINARY)
    folders.prepare(layout, ORDINARY)
    assert mode(layout.data) == mode(layout.apps) == mode(layout.runtime) == 0o700
    folders.prepare(layout, ORDINARY)


def test_an_empty_data_folder_is_opened_as_far_as_the_users_need(layout: Layout):
    layout.data.mkdir(mode=0o700)
    folders.prepare_data_folder(layout, Users(os.getuid()))
    assert mode(layout.data) == 0o711


def test_a_folder_with_other_files_keeps_its_mode(layout: Layout):
    layout.data.mkdir(mode=0o750)
    (layout.data / "thesis.txt").touch()
    folders.prepare_data_folder(layout, Users(os.getuid()))
    assert mode(layout.data) == 0o750


def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PorticoError) as caught:
        make(Folder(tmp_path / "link", 0o700))
    assert str(caught.value) == (
        "Something else stands where the server needs a folder.\n"
        f"{tmp_path}/link is not a folder.\n"
        "Move it away, or choose another data folder with --data."
    )


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PorticoError) as caught:
        make(Folder(folder, 0o700))
    me = os.geteuid()
    assert str(caught.value) == (
        "A folder that the server needs is not its own.\n"
        f"{folder} belongs to user {me} with mode 777; user {me} is expected, and nobody else "
        "who may write.\n"
        "Start the server as the user who started it before, or choose another --data."
    )
    assert mode(folder) == 0o777


@pytest.mark.root
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    os.chown(folder, 12345, 12345)
    with pytest.raises(PorticoError, match="A folder that the server needs is not its own"):
        make(Folder(folder, 0o700))
    assert (mode(folder), folder.stat().st_uid) == (0o755, 12345)


def test_a_data_folder_that_cannot_be_made_is_explained(tmp_path: Path):
    (tmp_path / "file").touch()
    layout = Layout(tmp_path / "file" / "folder" / "data")
    with pytest.raises(PorticoError) as caught:
        folders.prepare_data_folder(layout, ORDINARY)
    assert str(caught.value) == (
        "The data folder cannot be made.\n"
        f"{layout.data}: Not a directory.\n"
        "Choose one that you may write to with --data."
    )


@pytest.mark.root
def test_a_folder_that_a_killed_server_did_not_give_away_is_given_now(tmp_path: Path):
    wanted = Folder(tmp_path / "web", 0o700, 4711, 4711)
    wanted.path.mkdir(mode=0o700)
    make(wanted)
    assert (wanted.path.stat().st_uid, wanted.path.stat().st_gid) == (4711, 4711)


@pytest.mark.root
def test_a_folder_with_the_operators_files_is_not_given_away(tmp_path: Path):
    wanted = Folder(tmp_path / "web", 0o700, 4711, 4711)
    wanted.path.mkdir(mode=0o700)
    (wanted.path / "index.html").touch()
    with pytest.raises(PorticoError, match="is not its own"):
        make(wanted)
