"""Network namespaces: made, held by descriptors alone, entered for a moment by single threads.

One lasts as long as somebody holds it or runs in it. Nothing of it has a name or a place on disk,
so whatever dies, nothing is left: with the last of its processes go its addresses, its routes and
both ends of its link.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

NEW_NETWORK = 0x4000_0000
OWN = Path("/proc/thread-self/ns/net")
Result = TypeVar("Result")


def new_namespace() -> int:
    """A descriptor of a new, empty one. Raises OSError."""

    def made() -> int:
        _check(_libc().unshare(NEW_NETWORK))
        return _open_own()

    return in_thread(made)


def within(namespace: int, work: Callable[[], Result]) -> Result:
    """Do it in a thread that is in that namespace, and that ends with it."""

    def entered() -> Result:
        _enter(namespace)
        return work()

    return in_thread(entered)


@contextmanager
def inside(namespace: int | None) -> Iterator[None]:
    """This thread is in that namespace for a moment, and what it starts meanwhile stays there."""
    if namespace is None:
        yield
        return
    own = _open_own()
    try:
        _enter(namespace)
        try:
            yield
        finally:
            _return(own)
    finally:
        os.close(own)


def in_thread(work: Callable[[], Result]) -> Result:
    """Do it in a thread of its own, which takes its namespace with it."""
    return begun(work).result()


def begun(work: Callable[[], Result]) -> Future[Result]:
    """The same, beside what this thread does."""
    future: Future[Result] = Future()

    def settle() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=settle, daemon=True)
    thread.start()
    return future


def _open_own() -> int:
    return os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)


def _return(own: int) -> None:
    try:
        _enter(own)
    except OSError:
        # In the wrong network nothing may go on; the supervisor starts another agent.
        os.abort()


def _enter(namespace: int) -> None:
    _check(_libc().setns(namespace, NEW_NETWORK))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
