"""Descriptors that are made for a child."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


def text_file(name: str, content: bytes) -> int:
    """A descriptor of a file in memory with that content, to be read from its beginning."""
    descriptor = os.memfd_create(name)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


@contextlib.contextmanager
def closing(*descriptors: int) -> Iterator[None]:
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
