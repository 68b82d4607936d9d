"""Hands credentials of channels to rattler by a file, so that no address has to hold them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.builder.conda.channels import Channel, Credentials, credentials_by_host

VARIABLE = "RATTLER_AUTH_FILE"


@contextmanager
def handed_over(channels: Iterable[Channel]) -> Iterator[None]:
    """rattler's authentication finds them in here. The file lies in the sandbox's own memory."""
    told = {host: _document(given) for host, given in credentials_by_host(channels).items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "credentials.json")
        file.write_text(json.dumps(told))
        os.environ[VARIABLE] = str(file)
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def _document(given: Credentials) -> dict[str, object]:
    if given.token:
        return {"CondaToken": given.token}
    return {"BasicHTTP": {"username": given.user, "password": given.password}}
