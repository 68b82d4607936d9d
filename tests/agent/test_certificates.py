from __future__ import annotations

import logging
from pathlib import Path

import pytest

from portico.agent.certificates import Certificates
from tests.certificates import make_certificate

Taken = list[tuple[str, str]]


@pytest.fixture
def taken() -> Taken:
    return []


@pytest.fixture
def certificates(tmp_path: Path, taken: Taken) -> Certificates:
    pair = make_certificate(tmp_path)
    return Certificates(*pair, lambda chain, key: taken.append((chain, key)))


def _texts(folder: Path) -> tuple[str, str]:
    return (folder / "chain.pem").read_text(), (folder / "key.pem").read_text()


def test_a_pair_is_taken_once(tmp_path: Path, certificates: Certificates, taken: Taken) -> None:
    certificates.look()
    certificates.look()
    assert taken == [_texts(tmp_path)]


def test_a_new_pair_is_taken(tmp_path: Path, certificates: Certificates, taken: Taken) -> None:
    certificates.look()
    make_certificate(tmp_path)
    certificates.look()
    assert taken[1:] == [_texts(tmp_path)]


def test_one_that_is_half_replaced_waits_for_the_other_half(
    tmp_path: Path, certificates: Certificates, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    certificates.look()
    (tmp_path / "new").mkdir()
    chain, key = make_certificate(tmp_path / "new")
    chain.rename(tmp_path / "chain.pem")
    with caplog.at_level(logging.WARNING):
        certificates.look()
        certificates.look()
    assert len(taken) == 1
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 1  # not again every few seconds
    key.rename(tmp_path / "key.pem")
    certificates.look()
    assert taken[1:] == [_texts(tmp_path)]


def test_files_that_are_gone_change_nothing(
    tmp_path: Path, certificates: Certificates, taken: Taken
) -> None:
    certificates.look()
    (tmp_path / "chain.pem").unlink()
    certificates.look()
    assert len(taken) == 1


def test_a_key_with_a_passphrase_asks_nobody(
    tmp_path: Path, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    pair = make_certificate(tmp_path, passphrase=b"secret")
    Certificates(*pair, lambda *texts: taken.append(texts)).look()
    assert taken == []
    assert "the key has a passphrase" in caplog.text
