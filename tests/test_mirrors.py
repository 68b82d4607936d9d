"""Settings and the operator's variables, as what builds get of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from portico.errors import PorticoError
from portico.mirror_check import check, trusted
from portico.mirrors import CERTIFICATES, Mirrors, index_identity, mirrors
from portico.settings import Settings


def settings(**given: Any) -> Settings:
    return Settings(data=Path("/data"), **given)


def test_without_settings_nothing_is_told() -> None:
    assert mirrors(settings(), {"HOME": "/root", "LD_PRELOAD": "/evil.so"}) == Mirrors()


def test_each_setting_becomes_what_the_tools_of_a_build_ask_for() -> None:
    found = mirrors(
        settings(
            package_index="https://user:word@packages.internal/simple",
            python_mirror="http://10.0.0.1:8080/pythons",
            conda_channels={
                "conda-forge": "https://conda.internal/forge",
                "*": "file:///srv/conda",
            },
            apt_repository="http://apt.internal/debian",
            build_reaches=("Git.internal:443", "[fd00::2]:80"),
            ca_bundle="/etc/our.pem",
        ),
        {},
    )
    assert found.variables == {
        "UV_DEFAULT_INDEX": "https://user:word@packages.internal/simple",
        "UV_PYTHON_INSTALL_MIRROR": "http://10.0.0.1:8080/pythons",
        "SSL_CERT_FILE": CERTIFICATES,
        "REQUESTS_CA_BUNDLE": CERTIFICATES,
        "CURL_CA_BUNDLE": CERTIFICATES,
        "GIT_SSL_CAINFO": CERTIFICATES,
        "PIP_CERT": CERTIFICATES,
    }
    assert found.folders == ("/srv/conda",)
    assert found.hosts == (
        ("packages.internal", 443),
        ("10.0.0.1", 8080),
        ("conda.internal", 443),
        ("apt.internal", 80),
        ("git.internal", 443),
        ("fd00::2", 80),
    )


def test_a_folder_of_packages_is_an_index_and_a_place_to_look() -> None:
    found = mirrors(settings(package_index="file:///srv/our%20wheels/"), {})
    assert (found.folders, found.hosts) == (("/srv/our wheels",), ())
    assert found.variables == {
        "UV_DEFAULT_INDEX": "file:///srv/our%20wheels/",
        "UV_FIND_LINKS": "file:///srv/our%20wheels/",
    }


def test_a_list_of_downloads_is_told_from_a_mirror_of_them() -> None:
    found = mirrors(settings(python_mirror="file:///srv/pythons/downloads.json"), {})
    assert found.variables == {"UV_PYTHON_DOWNLOADS_JSON_URL": "file:///srv/pythons/downloads.json"}
    assert found.folders == ("/srv/pythons",)


def test_the_operators_variables_pass_but_for_those_that_name_folders() -> None:
    environment = {
        "UV_INDEX_URL": "https://index:8443/simple",
        "UV_INDEX": "ours=https://ours/simple https://theirs",
        "UV_CACHE_DIR": "/cache",
        "UV_PROJECT_ENVIRONMENT": "/env",
        "https_proxy": "http://proxy",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/certificates.pem",
        "LD_PRELOAD": "/evil.so",
    }
    found = mirrors(settings(), environment)
    assert set(found.variables) == {
        "UV_INDEX_URL",
        "UV_INDEX",
        "SSL_CERT_FILE",
    }
    assert found.hosts == (("index", 8443), ("ours", 443), ("theirs", 443))


def test_settings_win_over_variables() -> None:
    given = {"UV_DEFAULT_INDEX": "https://variable", "SSL_CERT_FILE": "/variable.pem"}
    found = mirrors(settings(package_index="https://setting", ca_bundle="/our.pem"), given)
    assert found.variables["UV_DEFAULT_INDEX"] == "https://setting"
    assert found.variables["SSL_CERT_FILE"] == CERTIFICATES


def test_an_index_is_the_same_with_another_password_and_another_at_another_place() -> None:
    def identity(url: str) -> str:
        return index_identity({"UV_DEFAULT_INDEX": url})

    assert index_identity({"UV_HTTP_TIMEOUT": "3"}) == ""
    assert identity("https://a:b@index/simple") == identity("https://index/simple")
    assert identity("https://index/simple") != identity("https://index/other")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"package_index": "file:///not/there"},
            "The setting package_index names a folder that is not there.\n"
            "It says file:///not/there; /not/there is not a folder.\n"
            "Make the folder, or correct the setting.",
        ),
        (
            {"conda_channels": {"*": "channels.internal"}},
            "The setting conda_channels, * is not an address.\n"
            "It says channels.internal.\n"
            "Write an address that begins with https://, http:// or file:/// and a full path.",
        ),
        (
            {"python_mirror": "https://"},
            "The setting python_mirror is not an address.\n"
            "It says https://.\n"
            "Write an address that begins with https://, http:// or file:/// and a full path.",
        ),
        (
            {"apt_repository": "file:///"},
            "The setting apt_repository would show the server's own files to builds.\n"
            "It says file:///; the data folder /data lies in there.\n"
            "Move the mirror into a folder of its own, and correct the setting.",
        ),
        (
            {"build_reaches": ("git.internal",)},
            "The setting build_reaches names something without a port.\n"
            "It says git.internal.\n"
            "Write a host and a port, such as git.internal:443.",
        ),
        (
            {"ca_bundle": "/not/there.pem"},
            "The setting ca_bundle names a file that cannot be read.\n"
            "/not/there.pem: No such file or directory.\n"
            "Correct the setting, or put the certificates there.",
        ),
        (
            {"ca_bundle": "/etc/passwd"},
            "The setting ca_bundle names a file without a certificate.\n"
            "/etc/passwd holds nothing between `-----BEGIN CERTIFICATE-----` and "
            "`-----END CERTIFICATE-----` that is one.\n"
            "Put the certificates of your own authorities there, in PEM form.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_that_cannot_be_meant_are_explained(given: dict[str, Any], message: str) -> None:
    with pytest.raises(PorticoError) as raised:
        check(settings(**given))
    error = raised.value
    assert f"{error.title}\n{error.detail}\n{error.hint}" == message


def test_what_can_be_used_is_not_complained_of(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(authority)
    check(
        settings(
            package_index=tmp_path.as_uri(),
            python_mirror=f"{tmp_path.as_uri()}/downloads.json",
            conda_channels={"*": "https://conda.internal"},
            ca_bundle=str(authority),
        )
    )


def test_builds_trust_the_system_and_the_operators_own(tmp_path: Path) -> None:
    system, authority = tmp_path / "system.pem", tmp_path / "authority.pem"
    for file in (system, authority):
        trustme.CA().cert_pem.write_to_path(file)
    environ = {"SSL_CERT_FILE": str(system)}
    assert trusted(settings(), environ) is None
    both = trusted(settings(ca_bundle=str(authority)), environ)
    assert both == system.read_bytes() + b"\n" + authority.read_bytes()
