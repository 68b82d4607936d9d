import os
import socket
import stat
from pathlib import Path

from portico.supervisor import sockets
from portico.supervisor.state import SocketRecord


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_new_socket_takes_the_place_of_an_old_one_at_once(tmp_path: Path):
    path = tmp_path / "web.sock"
    with sockets.listen(path, 0o600) as old, sockets.listen(path, 0o660) as new:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            new.accept()[0].close()
        old.setblocking(False)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert [p.name for p in tmp_path.iterdir()] == ["web.sock"]


def test_sockets_are_taken_back_from_a_process_by_its_pidfd(tmp_path: Path):
    held = {
        sockets.ROUTER: sockets.listen(tmp_path / "r", 0o600),
        sockets.AGENT: sockets.listen(tmp_path / "a", 0o600),
    }
    pidfd = os.pidfd_open(os.getpid())
    taken = sockets.take_back(pidfd, sockets.records(held))
    assert taken is not None
    for name, mine in held.items():
        assert os.fstat(taken[name].fileno()).st_ino == os.fstat(mine.fileno()).st_ino
        taken[name].close()
        mine.close()
    os.close(pidfd)


def test_another_socket_under_the_same_number_is_not_taken(tmp_path: Path):
    with sockets.listen(tmp_path / "r", 0o600) as held:
        pidfd = os.pidfd_open(os.getpid())
        wrong = SocketRecord(held.fileno(), os.fstat(held.fileno()).st_ino + 1)
        open_before = open_descriptors()
        assert sockets.take_back(pidfd, {sockets.ROUTER: wrong, sockets.AGENT: wrong}) is None
        assert open_descriptors() == open_before
        os.close(pidfd)


def test_a_socket_that_does_not_listen_is_not_taken():
    with socket.socket(socket.AF_UNIX) as idle:
        pidfd = os.pidfd_open(os.getpid())
        record = SocketRecord(idle.fileno(), os.fstat(idle.fileno()).st_ino)
        assert sockets.take_back(pidfd, {sockets.ROUTER: record, sockets.AGENT: record}) is None
        os.close(pidfd)


def test_nothing_is_taken_without_a_record():
    pidfd = os.pidfd_open(os.getpid())
    assert sockets.take_back(pidfd, {}) is None
    os.close(pidfd)
