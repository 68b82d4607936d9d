import pytest

from portico.engines.local.sandboxes.texts import open_folder


def test_packages_that_the_apps_code_made_a_link_are_not_opened(tmp_path):
    elsewhere = tmp_path / "elsewhere" / "envs" / "hash"
    elsewhere.mkdir(parents=True)
    own = tmp_path / "python"
    (own / "envs").mkdir(parents=True)
    (own / "envs" / "hash").symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError):
        open_folder(own / "envs" / "hash")
    (own / "envs" / "hash").unlink()
    (own / "envs").rmdir()
    (own / "envs").symlink_to(elsewhere.parent)
    with pytest.raises(NotADirectoryError):
        open_folder(own / "envs" / "hash")
