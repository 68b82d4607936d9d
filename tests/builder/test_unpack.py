"""Unpacking archives of people who mean no good."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portico.builder.unpack import unpack
from portico.errors import PorticoError
from tests.builder.archives import archive_of, member, zeros

DIRECTORY, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


def unpacked(archive: Path, tree: Path, most_bytes: int = 1 << 20, most_files: int = 100) -> None:
    unpack(archive, tree, most_bytes, most_files)


def refusal(archive: Path, tree: Path) -> str:
    with pytest.raises(PorticoError) as caught:
        unpacked(archive, tree)
    return str(caught.value)


def refused(what: str) -> str:
    return (
        "The source archive was refused.\n"
        f"It contains {what}.\n"
        "Remove it from the app's folder and deploy again."
    )


def test_unpacks_files_folders_and_links(tmp_path: Path, tree: Path):
    archive = archive_of(
        tmp_path / "a.tar.gz",
        member("./", DIRECTORY),
        (member("./src/deep/app.py"), b"print()"),
        member("empty", DIRECTORY),
        member("src/same.py", LINK, "deep/app.py"),
        member("copy.py", HARD, "src/deep/app.py"),
    )
    unpacked(archive, tree)
    assert (tree / "src/deep/app.py").read_text() == "print()"
    assert (tree / "src/same.py").readlink() == Path("deep/app.py")
    assert (tree / "copy.py").read_text() == "print()"
    assert (tree / "empty").is_dir()


def test_keeps_long_and_foreign_names(tmp_path: Path, tree: Path):
    names = ["/".join(["folder" * 10] * 5), "déjà/vu", "with space"]
    archive_of(tmp_path / "a", *((member(name), b"x") for name in names))
    unpacked(tmp_path / "a", tree)
    assert all((tree / name).read_text() == "x" for name in names)


def test_gives_files_plain_modes(tmp_path: Path, tree: Path):
    setuid, secret, script = (
        member("a", mode=0o4755),
        member("b", mode=0o600),
        member("c", mode=0o100),
    )
    archive_of(tmp_path / "a", setuid, secret, script)
    previous = os.umask(0o022)
    try:
        unpacked(tmp_path / "a", tree)
    finally:
        os.umask(previous)
    modes = [stat.S_IMODE((tree / name).stat().st_mode) for name in "abc"]
    assert modes == [0o755, 0o644, 0o755]


def test_lets_a_later_member_replace_an_earlier_one(tmp_path: Path, tree: Path):
    archive_of(tmp_path / "a", (member("f"), b"old"), (member("f"), b"new"))
    unpacked(tmp_path / "a", tree)
    assert (tree / "f").read_text() == "new"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("../evil"), "../evil; its name leads out of the folder"),
        (member("a/../../evil"), "a/../../evil; its name leads out of the folder"),
        (member("/etc/evil"), "/etc/evil; its name is absolute"),
        (member("out", LINK, "/etc/passwd"), "out; it is a link to /etc/passwd, outside of it"),
        (member("out", LINK, "../../etc"), "out; it is a link to ../../etc, outside of it"),
        (member("tty", tarfile.CHRTYPE), "tty; it is a character device"),
        (member("disk", tarfile.BLKTYPE), "disk; it is a block device"),
        (member("pipe", tarfile.FIFOTYPE), "pipe; it is a named pipe"),
        (member("odd", b"Z"), "odd; it is of an unknown kind"),
        (
            member("hard", HARD, "nowhere/x"),
            "hard; it is a hard link to something that is not in the archive",
        ),
        (member("hard", HARD, "../x"), "../x; its name leads out of the folder"),
    ],
)
def test_refuses(tmp_path: Path, tree: Path, bad: tarfile.TarInfo, message: str):
    assert refusal(archive_of(tmp_path / "a", bad), tree) == refused(message)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "app"]


def test_refuses_two_links_that_lead_out_together(tmp_path: Path, tree: Path):
    archive_of(
        tmp_path / "a",
        member("top", DIRECTORY),
        member("a/b/up", LINK, "../../top"),
        member("a/b/out", LINK, "up/../.."),
    )
    assert refusal(tmp_path / "a", tree) == refused(
        "a/b/out; it is a link to up/../.., outside of it"
    )


def test_never_writes_through_a_link(tmp_path: Path, tree: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    archive_of(tmp_path / "a", member("in", LINK, "../outside"), (member("in/evil"), b"x"))
    assert refusal(tmp_path / "a", tree) == refused(
        "in; it is a folder where the archive also has a file or a link"
    )
    assert list(outside.iterdir()) == []


def test_never_writes_through_a_link_of_the_same_name(tmp_path: Path, tree: Path):
    outside = tmp_path / "outside"
    outside.write_text("kept")
    archive_of(tmp_path / "a", member("f", LINK, "../outside"), (member("f"), b"evil"))
    unpacked(tmp_path / "a", tree)
    assert outside.read_text() == "kept"
    assert (tree / "f").read_text() == "evil"


def test_never_hard_links_what_a_link_shows(tmp_path: Path, tree: Path):
    archive_of(tmp_path / "a", member("s", LINK, "../outside"), member("h", HARD, "s"))
    assert refusal(tmp_path / "a", tree) == refused(
        "h; it is a hard link to something that is not in the archive"
    )


def test_refuses_a_name_that_is_nested_too_deeply(tmp_path: Path, tree: Path):
    archive = archive_of(tmp_path / "a.tar.gz", member("a/" * 1500 + "app.py"))
    name = "a/" * 100
    assert refusal(archive, tree) == refused(f"{name}...; it lies more than 200 folders deep")


def test_refuses_too_many_files(tmp_path: Path, tree: Path):
    archive_of(tmp_path / "a", *(member(f"f{n}") for n in range(101)))
    assert refusal(tmp_path / "a", tree) == (
        "The source has too many files.\n"
        "It has more than 100 files and folders, the limit of this server.\n"
        "Leave out virtual environments, node_modules and data with a .gitignore file, or ask the "
        "operator to raise max_source_files."
    )


def test_refuses_a_small_archive_of_many_zeros(tmp_path: Path, tree: Path):
    archive = zeros(tmp_path / "a", 64 << 20)
    assert archive.stat().st_size < 1 << 20
    assert refusal(archive, tree) == (
        "The source is too large.\n"
        "Unpacked it takes more than 1 MiB, the limit of this server.\n"
        "Leave out data and build output with a .gitignore file, or ask the operator to raise "
        "max_unpacked_bytes."
    )
    assert sum(path.stat().st_size for path in tree.iterdir()) <= 1 << 20


def test_counts_what_a_sparse_file_becomes(tmp_path: Path, tree: Path):
    info = member("sparse")
    info.pax_headers = {
        "GNU.sparse.map": "0,1",
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
    }
    archive_of(tmp_path / "a", (info, b"x"))
    assert refusal(tmp_path / "a", tree).startswith("The source is too large.\n")


@pytest.mark.parametrize("cut", [10, 100, -40, -8])
def test_refuses_a_damaged_archive(tmp_path: Path, tree: Path, cut: int):
    archive = archive_of(tmp_path / "a", (member("f"), os.urandom(4096)))
    archive.write_bytes(archive.read_bytes()[:cut])
    assert refusal(archive, tree).startswith("The source archive cannot be read.\n")


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", gzip.compress(b"no tar archive" * 99, mtime=0)]
)
def test_refuses_what_is_no_archive(tmp_path: Path, tree: Path, content: bytes):
    (tmp_path / "a").write_bytes(content)
    assert refusal(tmp_path / "a", tree).startswith("The source archive cannot be read.\n")


NAMES = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c d"]), min_size=1, max_size=4).map(
    "/".join
)
KINDS = st.sampled_from([tarfile.REGTYPE, DIRECTORY, LINK, HARD])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(NAMES, KINDS, NAMES), max_size=8))
def test_leaves_nothing_outside_whatever_the_archive_says(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, bytes, str]]
):
    folder = tmp_path_factory.mktemp("hostile")
    tree = folder / "in" / "app"
    tree.mkdir(parents=True)
    members = [(member(name, kind, link), b"x") for name, kind, link in entries]
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content) if info.type == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(content))
    (folder / "a").write_bytes(stream.getvalue())
    try:
        unpacked(folder / "a", tree)
    except PorticoError:
        pass
    else:
        real = os.path.realpath(tree)
        assert all(os.path.realpath(p).startswith(real) for p in tree.rglob("*"))
    assert sorted(path.name for path in folder.iterdir()) == ["a", "in"]
    assert [path.name for path in (folder / "in").iterdir()] == ["app"]
