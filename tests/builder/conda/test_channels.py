"""Where channels are, and what becomes of their credentials."""

from __future__ import annotations

import pytest

from portico.builder.conda.channels import (
    Channel,
    Credentials,
    Refused,
    credentials_by_host,
    digest,
    filled,
    hidden,
    resolve,
    without_credentials,
)
from portico.errors import PorticoError

FORGE = Channel("https://conda.anaconda.org/conda-forge")
OPERATORS = {
    "conda-forge": "https://mirror.test/conda-forge/",
    "lab": "file:///srv/conda/lab",
    "secret": "https://me:s%20t@mirror.test/secret",
    "token": "https://mirror.test/t/tk-1/private",
    "plain": "http://mirror.test:8080/plain",
}


@pytest.mark.parametrize(
    ("name", "operators", "expected"),
    [
        ("conda-forge", {}, (FORGE,)),
        ("https://conda.anaconda.org/conda-forge/", {}, (FORGE,)),
        ("conda-forge/label/dev", {}, (Channel(f"{FORGE.address}/label/dev"),)),
        ("nodefaults", {}, ()),
        (
            "defaults",
            {},
            (
                Channel("https://repo.anaconda.com/pkgs/main"),
                Channel("https://repo.anaconda.com/pkgs/r"),
            ),
        ),
        ("https://Own.test/channel/", {}, (Channel("https://own.test/channel"),)),
        (
            "conda-forge",
            OPERATORS,
            (Channel("https://mirror.test/conda-forge", operators=True),),
        ),
        (
            "https://conda.anaconda.org/conda-forge",
            OPERATORS,
            (Channel("https://mirror.test/conda-forge", operators=True),),
        ),
        ("lab", OPERATORS, (Channel("file:///srv/conda/lab", operators=True),)),
        ("file:///srv/conda/lab", OPERATORS, (Channel("file:///srv/conda/lab", operators=True),)),
        (
            "http://mirror.test:8080/plain",
            OPERATORS,
            (Channel("http://mirror.test:8080/plain", operators=True),),
        ),
        ("bioconda", OPERATORS, (Channel("https://conda.anaconda.org/bioconda"),)),
        ("bioconda", {"*": "file:///srv/c/"}, (Channel("file:///srv/c/bioconda", operators=True),)),
        ("defaults", {"*": "file:///srv/c"}, (Channel("file:///srv/c/defaults", operators=True),)),
        (
            "secret",
            OPERATORS,
            (
                Channel(
                    "https://mirror.test/secret",
                    operators=True,
                    credentials=Credentials(user="me", password="s t"),
                ),
            ),
        ),
        (
            "token",
            OPERATORS,
            (
                Channel(
                    "https://mirror.test/private",
                    operators=True,
                    credentials=Credentials(token="tk-1"),
                ),
            ),
        ),
        (
            "https://${USER}:${PASSWORD}@own.test/c",
            {},
            (
                Channel(
                    "https://own.test/c",
                    credentials=Credentials(user="${USER}", password="${PASSWORD}"),
                ),
            ),
        ),
    ],
)
def test_a_name_becomes_addresses(name: str, operators: dict[str, str], expected: tuple[Channel]):
    assert resolve(name, operators) == expected


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("http://own.test/c", "The channel http://own.test/c is not encrypted."),
        ("file:///etc", "The channel file:///etc is a folder of the server's machine."),
        (
            "file:///srv/conda/lab/../other",
            "`file:///srv/conda/lab/../other` is no name of a channel.",
        ),
        ("/srv/conda", "The channel /srv/conda is a folder of the server's machine."),
        ("../up", "The channel ../up is a folder of the server's machine."),
        (
            "s3://user:secret@bucket/c",
            "The channel s3://bucket/c is at an address that Portico does not read (s3).",
        ),
        ("oci://ghcr.io/c", "The channel oci://ghcr.io/c is at an address that Portico does not"),
        ("https://own.test/$NAME", "`https://own.test/$NAME` is no address of a channel."),
        ("https:///c", "`https:///c` is no address of a channel."),
        ("conda forge", "`conda forge` is no name of a channel."),
        ("a//b", "`a//b` is no name of a channel."),
    ],
)
def test_a_channel_that_is_not_taken_is_explained(name: str, what: str):
    with pytest.raises(Refused) as caught:
        resolve(name, OPERATORS)
    assert caught.value.what.startswith(what)
    assert caught.value.fix
    assert "secret" not in caught.value.what


def test_other_addresses_are_another_digest_other_credentials_are_not():
    plain = digest(resolve("https://own.test/c", {}))
    assert digest(resolve("https://me:secret@own.test/c", {})) == plain
    assert digest(resolve("https://own.test/d", {})) != plain


def test_a_step_that_needs_no_credentials_is_shown_none():
    shown = without_credentials(OPERATORS)
    assert shown["secret"] == "https://***@mirror.test/secret"
    assert shown["token"] == "https://mirror.test/t/***/private"
    for name in OPERATORS:
        (seen,), (true,) = resolve(name, shown), resolve(name, OPERATORS)
        assert seen.address == true.address
        assert bool(seen.credentials) == bool(true.credentials)


def test_text_for_people_shows_no_credentials():
    text = "https://me:s3cret@own.test/t/tk-1/c and https://tk-2@own.test"
    assert hidden(text) == "https://***@own.test/t/***/c and https://***@own.test"


def test_config_vars_stand_for_credentials():
    (channel,) = resolve("https://${USER}:$PASSWORD@own.test/c", {})
    given = {"USER": "me", "PASSWORD": "s3cret"}
    assert filled(channel, given) == Credentials(user="me", password="s3cret")
    with pytest.raises(PorticoError) as caught:
        filled(channel, {"USER": "me"})
    assert str(caught.value) == (
        "The config var PASSWORD is not set.\n"
        "environment.yml gives the channel https://own.test/c credentials with it.\n"
        "Set it: portico config set PASSWORD=..."
    )


def test_a_host_is_told_one_thing():
    first, second = (
        Channel(f"https://own.test/{name}", credentials=Credentials(token=name)) for name in "ab"
    )
    assert credentials_by_host([first, FORGE]) == {"own.test": Credentials(token="a")}
    with pytest.raises(PorticoError) as caught:
        credentials_by_host([first, second])
    assert str(caught.value) == (
        "Two channels at own.test have different credentials.\n"
        "A host is told the same for all of its channels.\n"
        "Use credentials that are good for both, or one channel of that host."
    )
