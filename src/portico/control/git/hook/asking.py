"""What the hook needs of HTTP, to ask web over its socket.

`http.client` would take longer to import than all else that the hook does before web has the source.
"""

from __future__ import annotations

import os
import socket
from io import BufferedReader

from portico.control.git.hook.variables import APP, PUSH, SOCKET


class Question:
    """A request to the deploys of this push's app, on a connection of its own.

    Each asks for an answer that ends with the connection: uvicorn leaves out chunks then.
    """

    def __init__(self, method: str, path: str, *headers: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(os.environ[SOCKET])
        # A body of unknown length has to come in chunks, an answer of 1.0 has none.
        version = "1.1" if method == "POST" else "1.0"
        lines = (
            f"{method} /-/api/v1/apps/{os.environ[APP]}/deploys{path} HTTP/{version}",
            "Host: portico",
            "Connection: close",
            f"Authorization: Bearer {os.environ[PUSH]}",
            *headers,
        )
        self._connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self) -> tuple[int, BufferedReader]:
        """The status, and the body to read. A ConnectionError when web has gone."""
        stream = self._connection.makefile("rb")
        self._connection.close()  # with the stream
        words = stream.readline().split()
        if len(words) < 2:
            raise ConnectionError("The server has closed the connection without an answer.")
        while stream.readline().strip():
            pass
        return int(words[1]), stream
