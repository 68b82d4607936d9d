"""Serves on the listening socket that is its standard input, until it is ended."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

from portico.build_proxy.destinations import Destinations
from portico.build_proxy.order import ORDER, decode
from portico.build_proxy.serving import Serving
from portico.public_addresses import own_addresses


def main() -> None:
    """Entry point."""
    order = decode(os.environ[ORDER])
    serving = Serving(Destinations(order, own_addresses()), _say)
    with socket.socket(fileno=sys.stdin.fileno()) as listening:
        asyncio.run(serving.serve(listening))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
