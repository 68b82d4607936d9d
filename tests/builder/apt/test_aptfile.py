"""The Aptfile's grammar: what is taken, and every line that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.builder.apt.aptfile import Aptfile, DebFile, Package, Repository, parse
from portico.builder.apt.wishes import wished
from portico.builder.findings import of_error
from portico.builder.order import Apt
from portico.errors import PorticoError
from portico.remarks import Remarked

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n"


def wrong(line: str) -> str:
    """What is said of a line."""
    with pytest.raises(Remarked) as caught:
        parse(line)
    return caught.value.detail.removeprefix("Line 1: ")


def test_reads_names_files_and_repositories():
    text = (
        "# drivers\n"
        "unixodbc  libgomp1\n"
        "\n"
        "g++=4:14.2.0-1 htop/trixie-backports # both\n"
        "https://example.com/a/driver_2.1_amd64.deb?token=1\n"
        ":repo:deb [signed-by=keys/acme.asc] https://apt.example.com/debian trixie main contrib\n"
        ":repo:deb signed-by=https://example.com/key.gpg https://apt.example.com/flat ./\n"
        ":repo:deb https://deb.debian.org/debian trixie-backports main\n"
    )
    assert parse(text) == Aptfile(
        (
            Package(2, "unixodbc"),
            Package(2, "libgomp1"),
            Package(4, "g++=4:14.2.0-1"),
            Package(4, "htop/trixie-backports"),
        ),
        (DebFile(5, "https://example.com/a/driver_2.1_amd64.deb?token=1"),),
        (
            Repository(
                6, "https://apt.example.com/debian", "trixie", ("main", "contrib"), "keys/acme.asc"
            ),
            Repository(7, "https://apt.example.com/flat", "./", (), "https://example.com/key.gpg"),
            Repository(8, "https://deb.debian.org/debian", "trixie-backports", ("main",)),
        ),
    )


def test_a_wish_knows_its_name_and_an_aptfile_its_keys():
    assert [Package(1, wish).name for wish in ("g++", "a1=2:3", "a1/b")] == ["g++", "a1", "a1"]
    text = ":repo:deb signed-by=k.asc https://a.example.com x main\n" * 2
    assert parse(text).key_files == ("k.asc",)
    assert not parse(text).installs_something


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("UnixODBC", "`UnixODBC` is not the name of a Debian package. Write `unixodbc`."),
        ("x", "`x` is not the name of a Debian package."),
        ("-y", "`-y` is not the name of a Debian package. Options of apt are not taken."),
        (
            "./driver.deb",
            "`./driver.deb` is not the name of a Debian package. A .deb file is given by its https "
            "address.",
        ),
        ("lib*", "`lib*` is not the name of a Debian package."),
        ("exim4-", "`exim4-` would remove a package; an Aptfile only adds some."),
        (
            "libc6:i386",
            "`libc6:i386` names an architecture; packages are always those of the server's own. "
            "Write `libc6`.",
        ),
        ("gdal-bin=", "`gdal-bin=` has no version or distribution after `=`."),
        ("<<<<<<< HEAD", "It is the mark of a merge conflict: `<<<<<<< HEAD`."),
        (
            "http://example.com/a.deb",
            "`http://example.com/a.deb` is not an https address, which it has to be.",
        ),
        (
            "https://example.com/debian",
            "`https://example.com/debian` does not end in .deb. A repository is written "
            "`:repo:deb https://example.com/debian <distribution> <components>`.",
        ),
        (
            "https://me:secret@example.com/a.deb",
            "The address holds a user name or a password, which everybody could read.",
        ),
        (
            ":repo:deb-src https://example.com trixie main",
            "`:repo:deb-src` is not taken; only `:repo:deb` is, for packages.",
        ),
        (
            ":repo:deb https://example.com",
            "A repository has an address and a distribution: `:repo:deb <url> trixie main`.",
        ),
        (
            ":repo:deb https://example.com trixie",
            "A distribution that ends in `/` has no components, and any other has at least one, "
            "such as `main`.",
        ),
        (
            ":repo:deb [trusted=yes] https://example.com trixie main",
            "`trusted` is not taken: it would install packages that nobody has signed. Name the "
            "repository's key with `signed-by=`.",
        ),
        (
            ":repo:deb [arch=amd64 signed-by=k.asc] https://example.com trixie main",
            "The option `arch` is not taken; `signed-by=` is the only one.",
        ),
        (
            ":repo:deb [signed-by=k.asc https://example.com trixie main",
            "The brackets around the options do not match.",
        ),
        (
            ":repo:deb signed-by=/usr/share/keyrings/acme.gpg https://example.com trixie main",
            "`signed-by=/usr/share/keyrings/acme.gpg` does not name a file of the app. Put the "
            "repository's key into the app and write its path, such as `signed-by=keys/acme.asc`, "
            "or write the key's https address.",
        ),
        (
            ":repo:deb signed-by=../k.asc https://example.com trixie main",
            "`signed-by=../k.asc` does not name a file of the app. Put the repository's key into the "
            "app and write its path, such as `signed-by=keys/acme.asc`, or write the key's https "
            "address.",
        ),
    ],
)
def test_says_what_is_wrong_with_a_line(line: str, said: str):
    assert wrong(line) == said


def test_tells_all_lines_at_once_each_by_itself():
    with pytest.raises(Remarked) as caught:
        parse("A b1 C\nd1\n-e\n")
    assert [(f.file, f.line, f.what) for f in of_error(caught.value, "")] == [
        ("Aptfile", 1, "`A` is not the name of a Debian package."),
        ("Aptfile", 1, "`C` is not the name of a Debian package."),
        ("Aptfile", 3, "`-e` is not the name of a Debian package. Options of apt are not taken."),
    ]


def test_a_key_has_to_be_one_of_the_app(tmp_path: Path):
    line = ":repo:deb signed-by=k.asc https://a.example.com x main\n"
    (tmp_path / "Aptfile").write_text(f"{line}tool\n")
    for content in ("", "<html>"):
        (tmp_path / "k.asc").write_text(content)
        with pytest.raises(PorticoError) as caught:
            wished(tmp_path)
        assert caught.value.detail == (
            "Line 1: `signed-by=k.asc` is not the path of a public key in the app."
        )
    (tmp_path / "k.asc").write_text(KEY)
    apt = wished(tmp_path)
    assert isinstance(apt, Apt)
    assert (apt.text, [name for name, _ in apt.keys]) == (f"{line}tool\n", ["k.asc"])


def test_an_aptfile_that_installs_nothing_is_none(tmp_path: Path):
    assert wished(tmp_path) is None
    (tmp_path / "Aptfile").write_text("# later\n")
    assert wished(tmp_path) is None
