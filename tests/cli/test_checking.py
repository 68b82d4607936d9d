from __future__ import annotations

from pathlib import Path

import pytest

from portico.cli.checking import check_certificate, check_settings
from portico.errors import PorticoError
from portico.supervisor.options import Tls
from tests.certificates import make_certificate


def _refusal(chain: Path, key: Path) -> PorticoError:
    with pytest.raises(PorticoError) as caught:
        check_certificate(Tls(chain, key))
    return caught.value


def test_a_certificate_and_its_key_are_taken(tmp_path: Path) -> None:
    check_certificate(Tls(*make_certificate(tmp_path)))
    check_certificate(None)


def test_a_key_with_a_passphrase_is_explained(tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path, passphrase=b"secret")
    assert _refusal(chain, key).as_dict() == {
        "title": "The certificate cannot be used.",
        "detail": f"{chain} with the key {key}: the key has a passphrase.",
        "hint": "Give the certificate with its chain (--tls-cert) and the private key that belongs "
        "to it (--tls-key), both in PEM form, the key without a passphrase.",
    }


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, foreign = make_certificate(other)
    assert "KEY_VALUES_MISMATCH" in _refusal(chain, foreign).detail
    gone = tmp_path / "gone.pem"
    assert _refusal(gone, key).detail == f"{gone}: No such file or directory."
    assert _refusal(chain, gone).detail == f"{gone}: No such file or directory."
    assert _refusal(key, key).detail.startswith(f"{key} with the key {key}: ")


def test_settings_that_are_there_are_taken(tmp_path: Path) -> None:
    check_settings(tmp_path)
    (tmp_path / "portico.toml").write_text(
        'trust_authors = true\n[conda_channels]\na = "https://x"\n'
    )
    check_settings(tmp_path)


@pytest.mark.parametrize(
    ("line", "name", "hint"),
    [
        ("trust_author = true", "trust_author", "Write trust_authors, or remove it."),
        ("Listen = 'x'", "Listen", "Write listen, or remove it."),
        ("[conda_chanels]\na = 'b'", "conda_chanels", "Write conda_channels, or remove it."),
        ("zzz = 1", "zzz", "Correct its name, or remove it."),
    ],
)
def test_a_setting_that_there_is_not_is_no_setting(
    tmp_path: Path, line: str, name: str, hint: str
) -> None:
    file = tmp_path / "portico.toml"
    file.write_text(line)
    with pytest.raises(PorticoError) as caught:
        check_settings(tmp_path)
    assert str(caught.value) == f"There is no setting {name}.\n{file} has it.\n{hint}"
