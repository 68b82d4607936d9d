from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.supervisor import access


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only its owner may enter. pytest's own is such a one above it."""
    return next(p for p in reversed(tmp_path.parents) if not p.stat().st_mode & access.PASS)


def test_what_everybody_may_read_is_fine():
    access.require_readable_code([Path("/usr/bin/env"), Path("/usr")])
    access.require_reachable_data(Path("/tmp"))


def test_code_in_a_closed_folder_is_explained(tmp_path: Path, closed: Path):
    with pytest.raises(PorticoError) as caught:
        access.require_readable_code([tmp_path])
    assert str(caught.value) == (
        "The server's users cannot read Portico's code.\n"
        f"{tmp_path} is below {closed}, which only its owner may enter.\n"
        "As root, web and the router run as users of their own. Install Portico where "
        "everybody may read it, such as /opt, or start the server as an ordinary user."
    )


def test_data_in_a_closed_folder_is_explained(tmp_path: Path, closed: Path):
    with pytest.raises(PorticoError) as caught:
        access.require_reachable_data(tmp_path)
    assert str(caught.value) == (
        "The server's users cannot reach the data folder.\n"
        f"{tmp_path}: only the owner may enter {closed}.\n"
        "As root, web and the router run as users of their own. Choose a data folder that "
        f"everybody may pass, such as /var/lib/portico, or type `chmod o+x {closed}`."
    )
