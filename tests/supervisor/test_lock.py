import os
from pathlib import Path

from portico.supervisor import lock
from portico.supervisor.identity import myself


def test_the_lock_says_who_holds_it(tmp_path: Path):
    descriptor = lock.take(tmp_path / "server.lock")
    assert lock.holder(tmp_path / "server.lock") == myself()
    os.close(descriptor)


def test_a_lock_whose_holder_has_died_is_free(tmp_path: Path):
    path = tmp_path / "server.lock"
    child = os.fork()
    if child == 0:
        lock.take(path)
        os._exit(0)
    os.waitpid(child, 0)
    assert lock.holder(path) is None
    os.close(lock.take(path))


def test_a_garbled_lock_names_nobody(tmp_path: Path):
    (tmp_path / "server.lock").write_text("?")
    assert lock.holder(tmp_path / "server.lock") is None
